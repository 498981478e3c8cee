//! One suite for object gateways: it states what Ceph's answers, and runs against both of `cloudsim`'s; with
//! `PATCHBAY_TEST_REAL=1` and the variables of `tests/rigs/ceph` (`RGW1_ENDPOINT` …), against both real ones with the
//! same words.
//!
//! Most files are a table of calls each. What is only `cloudsim`'s is in `control`.

#![allow(
    clippy::expect_used,
    clippy::needless_pass_by_value,
    reason = "a test that cannot go on stops there, and tables read better without borrows"
)]

mod fixture;
mod gateway;
#[path = "../conformance/shape.rs"]
mod shape;
mod step;

mod access;
mod acl;
mod bucket;
mod control;
mod framing;
mod key;
mod list;
mod metadata;
mod name;
mod object;
mod policy;
mod quota;
mod region;
mod signature;
mod user;

use crate::fixture::Fixture;
use crate::gateway::Gateways;
use crate::step::Step;

/// Runs a table on each gateway and leaves nothing behind.
async fn run(table: fn() -> Vec<Step>) {
    let gateways = Gateways::open().await;
    for gateway in &gateways.both {
        let mut fixture = Fixture::make(gateway).await;
        let outcome = fixture.run(&table()).await;
        fixture.remove().await;
        if let Err(failure) = outcome {
            panic!("{}: {failure}", gateway.region);
        }
    }
}

#[tokio::test]
async fn user() {
    run(user::table).await;
}

#[tokio::test]
async fn user_list() {
    run(user::lists).await;
}

#[tokio::test]
async fn metadata() {
    run(metadata::table).await;
}

#[tokio::test]
async fn key() {
    run(key::table).await;
}

#[tokio::test]
async fn quota_limits() {
    run(quota::limits).await;
}

#[tokio::test]
async fn quota_reached() {
    run(quota::reached).await;
}

#[tokio::test]
async fn quota_of_what_is_there() {
    run(quota::late).await;
}

#[tokio::test]
async fn stats() {
    run(quota::stats).await;
}

#[tokio::test]
async fn bucket() {
    run(bucket::table).await;
}

#[tokio::test]
async fn bucket_of_the_administrator() {
    run(bucket::administered).await;
}

#[tokio::test]
async fn bucket_name() {
    run(name::table).await;
}

#[tokio::test]
async fn object() {
    run(object::table).await;
}

#[tokio::test]
async fn list() {
    run(list::table).await;
}

#[tokio::test]
async fn acl() {
    run(acl::table).await;
}

#[tokio::test]
async fn access() {
    run(access::table).await;
}

#[tokio::test]
async fn policy() {
    run(policy::table).await;
}

#[tokio::test]
async fn policy_refused() {
    run(policy::refused).await;
}

#[tokio::test]
async fn signature() {
    run(signature::table).await;
}
