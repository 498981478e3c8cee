//! Refused calls in numbers: what they cost the database and the log, whatever ids they name.

use std::time::Duration;

use patchbay_proto::flavor::ListFlavorsReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::metrics::Metrics;
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Deployment, Tenant, needs_cloudsim, wait_for};
use tokio::task::JoinSet;
use tonic::transport::Channel;

const UNAUTHENTICATED: i32 = 16;
/// Calls of each kind.
const CALLS: u64 = 200;
/// For as many as come in a few turns, each of which is one.
const READS_MAX: u64 = 10;
const TOLD_MAX: Duration = Duration::from_secs(30);

/// That many calls at once with a wrong key, each in the name of the tenant that `id` says.
async fn refused(channel: &Channel, id: impl Fn(u64) -> String) {
    let mut calls = JoinSet::new();
    for number in 0..CALLS {
        let intruder = Tenant { id: id(number), apikey: "a".repeat(20) };
        let mut client = FlavorServiceClient::new(channel.clone());
        calls.spawn(async move {
            let request: ListFlavorsReq = intruder.request();
            client.list_flavors(request).await.expect("an answer").into_inner().code
        });
    }
    assert!(calls.join_all().await.into_iter().all(|code| code == UNAUTHENTICATED));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_costs_no_read_of_its_own_whether_there_is_such_a_tenant_or_not() {
    let deployment = Deployment::builder().toml("tenant.refresh_ms_min = 500").start().await;
    let tenant = deployment.tenant("acme").await;
    let reads = async || Metrics::read(&deployment.http()).await.sum("patchbay_tenant_reads_total", &[]);
    let channel = deployment.grpc();

    let before = reads().await;
    refused(&channel, |_| tenant.id.clone()).await;
    let known = reads().await;
    refused(&channel, |number| format!("t-{:010}", 9_000_000_000 + number)).await;
    let unknown = reads().await;
    let (known, unknown) = (known - before, unknown - known);
    assert!((1..=READS_MAX).contains(&known), "{known} reads for {CALLS} wrong keys of a tenant");
    assert!((1..=READS_MAX).contains(&unknown), "{unknown} reads for {CALLS} unknown tenants");

    // And who has the key waits for nobody: it is in memory already.
    let before = reads().await;
    let answer = FlavorServiceClient::new(channel).list_flavors(tenant.request::<ListFlavorsReq>()).await;
    assert_eq!(answer.unwrap().into_inner().code, 0);
    assert!(reads().await - before <= 1, "its row alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_calls_are_counted_and_not_all_of_them_written() {
    needs_cloudsim!();
    let mut deployment = Deployment::builder().toml("log.refusals_per_second = 5").start().await;
    let tenant = deployment.tenant("acme").await;
    let host = HostProcess::start(&mut deployment).await;
    refused(&host.grpc(), |_| tenant.id.clone()).await;

    let code = UNAUTHENTICATED.to_string();
    let labels = [("method", "ListFlavors"), ("code", code.as_str())];
    assert_eq!(host.metrics().await.sum("patchbay_calls_total", &labels), CALLS);
    let told = || {
        let log = host.log();
        let written =
            log.iter().filter(|line| line["message"] == "answered" && line["code"] == UNAUTHENTICATED);
        let left_out = log.iter().filter_map(|line| line["left_out"].as_u64());
        (written.count() as u64, left_out.sum::<u64>())
    };
    let all = async || Some(told()).filter(|(written, left_out)| written + left_out == CALLS);
    let (written, left_out) = wait_for("all to be told of", TOLD_MAX, all).await;
    assert!(written >= 5 && left_out > 0, "{written} written, {left_out} left out");
}
