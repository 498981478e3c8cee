//! Streams that are opened and left: without a message, or without anybody who takes the answer. They are bounded as a
//! whole, keep nobody out, and leave nothing.

use std::time::Duration;

use h2::client::Builder;
use patchbay_proto::flavor::ListFlavorsReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::metrics::Metrics;
use patchbay_tests::raw::{Call, Raw, encoded, frame};
use patchbay_tests::{Deployment, Tenant, wait_for};

use crate::GET_FLAVOR;

const STATE_MAX: Duration = Duration::from_secs(30);
const LIST_FLAVORS: &str = "flavor.FlavorService/ListFlavors";
const UNAVAILABLE: Option<i32> = Some(14);

/// The gauge of requests whose message has not come, as soon as it shows this.
async fn waiting(deployment: &Deployment, wanted: u64) {
    wait_for(&format!("{wanted} requests to wait"), STATE_MAX, async || {
        let metrics = Metrics::read(&deployment.http()).await;
        (metrics.sum("patchbay_waiting", &[]) == wanted).then_some(())
    })
    .await;
}

async fn open(raw: &mut Raw, count: usize) -> Vec<Call> {
    let mut calls = Vec::new();
    for _ in 0..count {
        calls.push(raw.open(GET_FLAVOR, &[]).await);
    }
    calls
}

/// A call as anybody makes it.
async fn is_served(deployment: &Deployment, tenant: &Tenant) {
    let mut flavors = FlavorServiceClient::new(deployment.grpc());
    let answer = flavors.list_flavors(tenant.request::<ListFlavorsReq>()).await.unwrap().into_inner();
    assert_eq!(answer.code, 0, "{}", answer.msg);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_without_a_message_are_bounded_and_keep_nobody_out() {
    let bounds = "grpc = { waiting_max = 16, message_ms_max = 600000, call_ms_max = 600000 }";
    let deployment = Deployment::builder().toml(bounds).start().await;
    let tenant = deployment.tenant("acme").await;
    let (mut one, mut other) =
        (Raw::connect(&deployment.endpoint()).await, Raw::connect(&deployment.endpoint()).await);
    let first = open(&mut one, 16).await;
    waiting(&deployment, 16).await;
    let second = open(&mut other, 16).await;
    for call in first {
        let told = call.told().await;
        assert_eq!(told.status, UNAVAILABLE, "{told:?}");
    }
    waiting(&deployment, 16).await;
    is_served(&deployment, &tenant).await;
    drop((second, other));
    waiting(&deployment, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_takes_is_given_up() {
    let deployment = Deployment::builder().toml("grpc.answer_ms_max = 300").start().await;
    let tenant = deployment.tenant("acme").await;
    let mut closed = Builder::new();
    closed.initial_window_size(0);
    let mut raw = Raw::with(&deployment.endpoint(), &closed).await;
    let flavors = encoded(&tenant.request::<ListFlavorsReq>());
    let mut calls = Vec::new();
    for _ in 0..8 {
        let mut call = raw.open(LIST_FLAVORS, &[]).await;
        call.send(frame(&flavors), true);
        calls.push(call);
    }
    for call in calls {
        let error = call.untaken().await;
        assert!(error.is_reset() && error.is_remote(), "{error}");
    }
    is_served(&deployment, &tenant).await;
}
