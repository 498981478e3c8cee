//! Clients' own certificates: whether they are asked for one, and which are taken.

use patchbay_tests::metrics::Metrics;
use patchbay_tests::pki::{Authority, Issued, put};
use patchbay_tests::{Deployment, wait_for};
use tonic::transport::{ClientTlsConfig, Identity};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::{Pki, call, channel, deployment};

const STATE_MAX: std::time::Duration = std::time::Duration::from_secs(30);

fn showing(pki: &Pki, shown: &Issued) -> ClientTlsConfig {
    pki.trusting().identity(Identity::from_pem(&shown.certificate, &shown.key))
}

async fn refused(deployment: &Deployment) -> u64 {
    Metrics::read(&deployment.http()).await.sum("patchbay_refusals_total", &[("reason", "tls")])
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_certificate_there_is_no_connection() {
    let pki = Pki::new();
    let deployment = deployment(&pki.table_asking("grpc", "required")).await;
    call(&deployment, showing(&pki, &pki.authority.issue("client"))).await.unwrap();
    let between = pki.authority.below("between");
    let chain = between.issue("client").by_way_of(&between);
    call(&deployment, showing(&pki, &chain)).await.unwrap();

    assert_eq!(refused(&deployment).await, 0);
    call(&deployment, pki.trusting()).await.unwrap_err();
    let wrong = [
        Authority::new("another").issue("client"),
        pki.authority.issue_ended("client"),
        pki.authority.issue_early("client"),
    ];
    for shown in wrong {
        call(&deployment, showing(&pki, &shown)).await.unwrap_err();
    }
    wait_for("four refusals to be counted", STATE_MAX, async || {
        (refused(&deployment).await >= 4).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_may_be_shown_must_be_good() {
    let pki = Pki::new();
    let deployment = deployment(&pki.table_asking("grpc", "optional")).await;
    call(&deployment, pki.trusting()).await.unwrap();
    call(&deployment, showing(&pki, &pki.authority.issue("client"))).await.unwrap();
    call(&deployment, showing(&pki, &Authority::new("another").issue("client"))).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn authorities_change_while_the_host_runs() {
    let pki = Pki::new();
    let deployment = Deployment::builder()
        .toml("plugin.settle_ms = 50\ngrpc.connection_age_ms_max = 2000")
        .toml(&pki.table_asking("grpc", "required"))
        .start()
        .await;
    let (before, next) = (showing(&pki, &pki.authority.issue("client")), Authority::new("the next"));
    let mut stays = HealthClient::new(channel(&deployment, before.clone()));
    stays.check(HealthCheckRequest::default()).await.unwrap();
    put(&pki.file("ca.pem"), next.pem());
    wait_for("clients of the next authority to be let in", STATE_MAX, async || {
        call(&deployment, showing(&pki, &next.issue("client"))).await.ok()
    })
    .await;
    call(&deployment, before).await.unwrap_err();
    // Who was let in is until its connection is old, whatever its client makes of that.
    wait_for("the one that was let in to be put out", STATE_MAX, async || {
        stays.check(HealthCheckRequest::default()).await.err()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_http_port_asks_as_well() {
    let pki = Pki::new();
    let deployment = deployment(&pki.table_asking("http", "required")).await;
    let url = deployment.http().replacen("http://", "https://", 1) + "/healthz";
    let shown = pki.authority.issue("scraper");
    let identity = reqwest::Identity::from_pem(format!("{}{}", shown.key, shown.certificate).as_bytes());
    let trusting = || {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let ca = reqwest::Certificate::from_pem(pki.authority.pem().as_bytes()).unwrap();
        reqwest::Client::builder().no_proxy().tls_certs_only([ca])
    };
    let with = trusting().identity(identity.unwrap()).build().unwrap();
    let answer = with.get(&url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "ok"));
    let without = trusting().build().unwrap();
    without.get(&url).send().await.unwrap_err();
    without.get(format!("{}/healthz", deployment.http())).send().await.unwrap_err();
}
