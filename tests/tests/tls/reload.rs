//! Certificates that change while the host runs: new connections get the new ones, calls go on, and a broken pair changes
//! nothing and is told.

use std::fs;
use std::time::Duration;

use patchbay_proto::plugin::WatchEventsRequest;
use patchbay_proto::plugin::plugin_service_client::PluginServiceClient;
use patchbay_tests::metrics::Metrics;
use patchbay_tests::pki::{Authority, put};
use patchbay_tests::{Deployment, wait_for};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::{ADDRESS, Pki, call, channel, deployment, trusting};

const STATE_MAX: Duration = Duration::from_secs(60);

/// The first event of this kind, as whoever watches gets it.
async fn event(deployment: &Deployment, pki: &Pki, kind: &str) -> String {
    let mut client = PluginServiceClient::new(channel(deployment, pki.trusting()));
    let request = deployment.operator(WatchEventsRequest { since: Some(0) });
    let mut events = client.watch_events(request).await.unwrap().into_inner();
    let found = async {
        loop {
            let event = events.message().await.unwrap().unwrap();
            if event.kind == kind {
                return event.message;
            }
        }
    };
    tokio::time::timeout(STATE_MAX, found).await.unwrap()
}

/// Calls one after the other until it is told to end; how many were answered.
fn calling(channel: Channel, end: CancellationToken) -> JoinHandle<u64> {
    tokio::spawn(async move {
        let mut health = HealthClient::new(channel);
        let mut answered = 0;
        while !end.is_cancelled() {
            health.check(HealthCheckRequest::default()).await.unwrap();
            answered += 1;
        }
        answered
    })
}

async fn reloads(deployment: &Deployment, outcome: &str) -> u64 {
    let labels = [("port", "grpc"), ("outcome", outcome)];
    Metrics::read(&deployment.http()).await.sum("patchbay_certificate_reloads_total", &labels)
}

#[tokio::test(flavor = "multi_thread")]
async fn new_connections_get_new_certificates_and_no_call_is_lost() {
    let pki = Pki::new();
    let deployment = deployment(&pki.table("grpc")).await;
    let end = CancellationToken::new();
    let going_on = calling(channel(&deployment, pki.trusting()), end.clone());
    let mut watching = HealthClient::new(channel(&deployment, pki.trusting()));
    let mut watched = watching.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    watched.message().await.unwrap().unwrap();

    let other = Authority::new("the next authority");
    other.issue(ADDRESS).write(pki.path(), "host");
    wait_for("the new certificate to serve", STATE_MAX, async || {
        call(&deployment, trusting(&other)).await.ok()
    })
    .await;
    call(&deployment, pki.trusting()).await.unwrap_err();
    end.cancel();
    assert!(going_on.await.unwrap() > 0);
    // What was open is open still, with what it began with.
    let still = tokio::time::timeout(Duration::ZERO, watched.message()).await;
    assert!(still.is_err(), "{still:?}");
    assert_eq!(reloads(&deployment, "applied").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_pair_keeps_the_old_one_and_is_told() {
    let pki = Pki::new();
    let deployment = deployment(&pki.table("grpc")).await;
    let good = fs::read_to_string(pki.file("host.key")).unwrap();
    put(&pki.file("host.key"), &pki.authority.issue(ADDRESS).key);
    let told = event(&deployment, &pki, "certificate-refused").await;
    assert!(told.contains("grpc.tls") && told.contains("is not that of the certificate"), "{told}");
    assert_eq!((reloads(&deployment, "refused").await, reloads(&deployment, "applied").await), (1, 0));
    call(&deployment, pki.trusting()).await.unwrap();

    put(&pki.file("host.key"), &good);
    pki.authority.issue_ended(ADDRESS).write(pki.path(), "host");
    wait_for("the ended one to be refused", STATE_MAX, async || {
        (reloads(&deployment, "refused").await == 2).then_some(())
    })
    .await;
    call(&deployment, pki.trusting()).await.unwrap();

    pki.authority.issue(ADDRESS).write(pki.path(), "host");
    let told = event(&deployment, &pki, "certificate-applied").await;
    assert!(told.contains("grpc.tls") && told.contains("until"), "{told}");
    call(&deployment, pki.trusting()).await.unwrap();
}

/// Whether the HTTP port is known by this authority.
async fn is_known(deployment: &Deployment, authority: &Authority) -> bool {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ca = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap();
    let url = deployment.http().replacen("http://", "https://", 1) + "/healthz";
    client.get(url).send().await.is_ok_and(|answer| answer.status() == 200)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_http_port_gets_new_ones_as_well() {
    let pki = Pki::new();
    let deployment = deployment(&pki.table("http")).await;
    assert!(is_known(&deployment, &pki.authority).await);
    let other = Authority::new("the next authority");
    other.issue(ADDRESS).write(pki.path(), "host");
    wait_for("the new certificate to serve", STATE_MAX, async || {
        is_known(&deployment, &other).await.then_some(())
    })
    .await;
    assert!(!is_known(&deployment, &pki.authority).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metric_tells_when_each_file_ends() {
    let pki = Pki::new();
    let deployment = deployment(&pki.table_asking("grpc", "optional")).await;
    let metrics = Metrics::read(&deployment.http()).await;
    for file in ["certificate", "client-ca"] {
        let labels = [("port", "grpc"), ("file", file)];
        // The first of January 4096, as the test's certificates have it.
        assert_eq!(
            metrics.sum("patchbay_certificate_not_after_timestamp_seconds", &labels),
            67_090_118_400,
            "{file}"
        );
    }
}
