//! One suite for two clouds: it states what OpenStack answers, and runs against `cloudsim`; with
//! `PATCHBAY_TEST_REAL=1` and the usual `OS_*` variables, against a real OpenStack with the same words.
//!
//! Every file but the first three is a table of calls for one service. What is only `cloudsim`'s (faults,
//! timing, the record) is in `control.rs` beside this directory.

#![allow(
    clippy::expect_used,
    clippy::needless_pass_by_value,
    reason = "a test that cannot go on stops there, and tables read better without borrows"
)]

mod cloud;
mod shape;
mod step;
mod tenant;

mod action;
mod attachment;
mod compute;
mod identity;
mod image;
mod interface;
mod membership;
mod network;
mod network_quota;
mod port;
mod quota;
mod refusal;
mod router;
mod router_interface;
mod router_table;
mod security_group;
mod security_group_rule;
mod share;
mod share_access;
mod share_message;
mod share_network;
mod share_quota;
mod subnet;
mod volume;

use crate::cloud::Cloud;
use crate::step::Step;
use crate::tenant::Fixture;

/// Runs a table in a cloud of its own (or in the real one, among others) and leaves nothing behind.
async fn run(table: Vec<Step>) {
    let cloud = Cloud::open().await;
    let mut fixture = Fixture::make(&cloud).await;
    let outcome = fixture.run(&cloud, table).await;
    fixture.remove(&cloud).await;
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[tokio::test]
async fn identity() {
    run(identity::table()).await;
}

#[tokio::test]
async fn image() {
    run(image::table()).await;
}

#[tokio::test]
async fn network() {
    run(network::table()).await;
}

#[tokio::test]
async fn subnet() {
    run(subnet::table()).await;
}

#[tokio::test]
async fn port() {
    run(port::table()).await;
}

#[tokio::test]
async fn router() {
    run(router::table()).await;
}

#[tokio::test]
async fn router_interface() {
    run(router_interface::table()).await;
}

#[tokio::test]
async fn router_table() {
    run(router_table::table()).await;
}

#[tokio::test]
async fn security_group() {
    run(security_group::table()).await;
}

#[tokio::test]
async fn security_group_rule() {
    run(security_group_rule::table()).await;
}

#[tokio::test]
async fn volume() {
    run(volume::table()).await;
}

#[tokio::test]
async fn share() {
    run(share::table()).await;
}

#[tokio::test]
async fn share_network() {
    run(share_network::table()).await;
}

#[tokio::test]
async fn share_access() {
    run(share_access::table()).await;
}

#[tokio::test]
async fn share_message() {
    run(share_message::table()).await;
}

#[tokio::test]
async fn share_quota() {
    run(share_quota::table()).await;
}

#[tokio::test]
async fn compute() {
    run(compute::table()).await;
}

#[tokio::test]
async fn bad_servers() {
    run(compute::refused()).await;
}

#[tokio::test]
async fn action() {
    run(action::table()).await;
}

#[tokio::test]
async fn interface() {
    run(interface::table()).await;
}

#[tokio::test]
async fn membership() {
    run(membership::table()).await;
}

#[tokio::test]
async fn attachment() {
    run(attachment::table()).await;
}

#[tokio::test]
async fn quota() {
    run(quota::table()).await;
}

#[tokio::test]
async fn network_quota() {
    run(network_quota::table()).await;
}

#[tokio::test]
async fn refusal() {
    run(refusal::table()).await;
}
