//! A backend that wants to see a certificate of the host's: here the Keystone at which tenants log in.

use std::time::Duration;

use patchbay_proto::flavor::ListFlavorsReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_proto::plugin::WatchEventsRequest;
use patchbay_proto::plugin::plugin_service_client::PluginServiceClient;
use patchbay_tests::metrics::Metrics;
use patchbay_tests::pki::Authority;
use patchbay_tests::tls_proxy::TlsProxy;
use patchbay_tests::{Cloud, Deployment, Tenant, needs_cloudsim, wait_for};

use crate::Pki;

const STATE_MAX: Duration = Duration::from_secs(60);
const UNAVAILABLE: i32 = 14;

/// The first event of this kind that says this.
async fn event(deployment: &Deployment, kind: &str, said: &str) -> String {
    let mut client = PluginServiceClient::new(deployment.grpc());
    let request = deployment.operator(WatchEventsRequest { since: Some(0) });
    let mut events = client.watch_events(request).await.unwrap().into_inner();
    let found = async {
        loop {
            let event = events.message().await.unwrap().unwrap();
            if event.kind == kind && event.message.contains(said) {
                return event.message;
            }
        }
    };
    tokio::time::timeout(STATE_MAX, found).await.unwrap()
}

async fn code(deployment: &Deployment, tenant: &Tenant) -> i32 {
    let mut flavors = FlavorServiceClient::new(deployment.grpc());
    flavors.list_flavors(tenant.request::<ListFlavorsReq>()).await.unwrap().into_inner().code
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_knows_the_host_by_its_certificate_which_may_change() {
    needs_cloudsim!();
    let pki = Pki::new();
    let cloud = Cloud::open(cloudsim::Options::default()).await;
    let auth_url = cloud.auth_url.clone();
    let (address, path) = auth_url.trim_start_matches("http://").split_once('/').unwrap();
    let proxy = TlsProxy::before(address.parse().unwrap(), &pki.authority).await;
    Authority::new("another").issue("patchbay").write(pki.path(), "client");

    let (ca, certificate, key) = (pki.file("ca.pem"), pki.file("client.pem"), pki.file("client.key"));
    let transport = format!(
        "ca_file = {ca:?}, certificate_file = {certificate:?}, key_file = {key:?}, breaker_failures = 1000000"
    );
    let url = format!("https://{}/{path}", proxy.address());
    let deployment = Deployment::builder()
        .on(cloud.shared())
        .toml("plugin.settle_ms = 50")
        .toml(&format!("upstream.cloud = {{ auth_url = {url:?}, transport = {{ {transport} }} }}"))
        .start()
        .await;
    let tenant = deployment.tenant("acme").await;
    assert_eq!(code(&deployment, &tenant).await, UNAVAILABLE, "a stranger's certificate");

    // One that the backend would not take is not taken here, and the metric tells of the one that is in place.
    pki.authority.issue_ended("patchbay").write(pki.path(), "client");
    let told = event(&deployment, "config-refused", "ended at 2021").await;
    assert!(told.contains("upstream.cloud: certificate_file: a certificate ended at 2021"), "{told}");
    let metrics = Metrics::read(&deployment.http()).await;
    for file in ["ca_file", "certificate_file"] {
        let labels = [("upstream", "cloud"), ("file", file)];
        let end = metrics.sum("patchbay_upstream_certificate_not_after_timestamp_seconds", &labels);
        assert_eq!(end, 67_090_118_400, "{file}");
    }

    pki.authority.issue("patchbay").write(pki.path(), "client");
    wait_for("the right certificate to be shown", STATE_MAX, async || {
        (code(&deployment, &tenant).await == 0).then_some(())
    })
    .await;
}
