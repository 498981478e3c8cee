//! Connections on which nothing is asked: closed in time on both ports, never in the way of those who ask.

use futures::future::join_all;
use patchbay_proto::flavor::ListFlavorsReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::metrics::Metrics;
use patchbay_tests::process::HostProcess;
use patchbay_tests::raw::{Raw, closed, tcp};
use patchbay_tests::{Deployment, Tenant};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tonic::transport::Channel;

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(crate) const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
const PING: &[u8] = &[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
/// `:method: POST`, and no END_HEADERS.
const UNFINISHED: &[u8] = &[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x83];
/// Time-outs that no test outlasts.
pub(crate) const PATIENT: &str = "grpc = { handshake_ms_max = 600000, idle_ms_max = 600000 }";

/// A connection that sends this and nothing more.
pub(crate) async fn silent(endpoint: &str, sent: &[&[u8]]) -> TcpStream {
    let mut tcp = tcp(endpoint).await;
    tcp.write_all(&sent.concat()).await.unwrap();
    tcp
}

async fn is_served(channel: Channel, tenant: &Tenant) {
    let answer = FlavorServiceClient::new(channel).list_flavors(tenant.request::<ListFlavorsReq>()).await;
    assert_eq!(answer.unwrap().into_inner().code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_request_is_closed() {
    let deployment =
        Deployment::builder().toml("grpc = { handshake_ms_max = 200, idle_ms_max = 400 }").start().await;
    let endpoint = deployment.endpoint();
    let cases: [&[&[u8]]; 5] =
        [&[], &[&PREFACE[..10]], &[PREFACE], &[PREFACE, SETTINGS], &[PREFACE, SETTINGS, UNFINISHED]];
    let ended = async |sent| closed(silent(&endpoint, sent).await).await;
    join_all(cases.into_iter().map(ended)).await;
    // And one that had a request once.
    let mut raw = Raw::connect(&endpoint).await;
    raw.call("grpc.health.v1.Health/Check", &[], &[]).await;
    raw.closed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_of_the_http_port_is_closed() {
    let deployment = Deployment::builder().toml("http.request_ms_max = 300").start().await;
    let http = deployment.http();
    let cases: [&[u8]; 4] = [
        b"",
        b"GET /heal",
        b"GET /healthz HTTP/1.1\r\nhost: ",
        b"POST /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n",
    ];
    let ended = async |sent: &[u8]| closed(silent(&http, &[sent]).await).await;
    join_all(cases.into_iter().map(ended)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_make_room_for_those_who_ask() {
    let deployment = Deployment::builder()
        .toml(PATIENT)
        .toml("grpc.connections_max = 4\nhttp.connections_max = 2")
        .start()
        .await;
    let tenant = deployment.tenant("acme").await;
    let asking = deployment.grpc();
    is_served(asking.clone(), &tenant).await;
    let (mut grpc, mut http) = (Vec::new(), Vec::new());
    for _ in 0..12 {
        grpc.push(silent(&deployment.endpoint(), &[PREFACE, SETTINGS]).await);
        http.push(silent(&deployment.http(), &[]).await);
    }
    // All but those that may stay.
    let left = grpc.into_iter().take(8).chain(http.into_iter().take(10));
    join_all(left.map(closed)).await;
    is_served(deployment.grpc(), &tenant).await;
    is_served(asking, &tenant).await;
    Metrics::read(&deployment.http()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_descriptors_goes_on() {
    let mut deployment = Deployment::builder().toml(PATIENT).start().await;
    let tenant = deployment.tenant("acme").await;
    let host = HostProcess::start(&mut deployment).await;
    is_served(host.grpc(), &tenant).await;
    host.limit_files(24);
    let mut silent = Vec::new();
    for _ in 0..64 {
        silent.push(tcp(host.endpoint()).await);
    }
    let starved = |line: &serde_json::Value| {
        line["message"].as_str().is_some_and(|text| text.starts_with("no connection can be accepted"))
    };
    host.line(|line| starved(line) && line["port"] == "grpc").await;
    host.metrics().await;
    is_served(host.grpc(), &tenant).await;
    assert_eq!(host.count(|line| starved(line) && line["port"] == "grpc"), 1, "it is told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_ask_for_nothing_are_taken_so_often() {
    let deployment = Deployment::builder().toml(PATIENT).toml("grpc.control_frames_max = 100").start().await;
    for flood in [PING, SETTINGS] {
        let mut tcp = silent(&deployment.endpoint(), &[PREFACE, SETTINGS]).await;
        // The host may close it meanwhile.
        let _ = tcp.write_all(&flood.repeat(200)).await;
        closed(tcp).await;
    }
}
