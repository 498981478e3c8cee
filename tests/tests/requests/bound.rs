//! The bounds of connections: how many there are, how old they become, whether anybody is there at the other end, how many
//! calls are on one, and how large a request's headers are. Silent ones are in `silent`.

use std::net::SocketAddr;

use cloudsim::{Fault, Service};
use patchbay_proto::flavor::ListFlavorsReq;
use patchbay_tests::metrics::Metrics;
use patchbay_tests::process::HostProcess;
use patchbay_tests::raw::{Call, Raw, closed, encoded, frame, tcp};
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::silent::{PATIENT, PREFACE, SETTINGS, silent};

const STATE_MAX: std::time::Duration = std::time::Duration::from_secs(30);
const LIST_FLAVORS: &str = "flavor.FlavorService/ListFlavors";
const WATCH: &str = "grpc.health.v1.Health/Watch";
const CHECK: &str = "grpc.health.v1.Health/Check";
/// A call that waits for its message: POST, http, `/`, and gRPC's content type (RFC 7541, appendix A).
pub(crate) const WAITING: &[u8] = b"\x83\x86\x84\x5f\x10application/grpc";
const RST_STREAM: u8 = 3;
const REFUSED_STREAM: [u8; 4] = [0, 0, 0, 7];

/// A connection on which something goes on, until both are dropped.
pub(crate) async fn busy(endpoint: &str) -> (Raw, Call) {
    let mut raw = Raw::connect(endpoint).await;
    let mut call = raw.open(WATCH, &[]).await;
    call.send(frame(&[]), true);
    assert!(call.begun().await);
    (raw, call)
}

/// A connection from another address of this machine.
async fn from_elsewhere(endpoint: &str) -> TcpStream {
    let to: SocketAddr = endpoint.trim_start_matches("http://").parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 2], 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

/// Whether the host answers a preface.
pub(crate) async fn is_greeted(mut tcp: TcpStream) -> bool {
    let sent = tcp.write_all(&[PREFACE, SETTINGS].concat()).await;
    sent.is_ok() && tcp.read_u8().await.is_ok()
}

pub(crate) async fn refused(deployment: &Deployment) -> u64 {
    Metrics::read(&deployment.http()).await.sum("patchbay_refusals_total", &[("reason", "connections")])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_so_many_connections() {
    let deployment =
        Deployment::builder().toml(PATIENT).toml("grpc.connections_per_address_max = 2").start().await;
    let endpoint = deployment.endpoint();
    let first = busy(&endpoint).await;
    let quiet = silent(&endpoint, &[PREFACE, SETTINGS]).await;
    let second = busy(&endpoint).await;
    // One that is not used makes room.
    closed(quiet).await;
    assert_eq!(refused(&deployment).await, 0);

    assert!(!is_greeted(tcp(&endpoint).await).await);
    assert_eq!(refused(&deployment).await, 1);
    assert!(is_greeted(from_elsewhere(&endpoint).await).await);
    drop(first);
    wait_for("room for one more", STATE_MAX, async || is_greeted(tcp(&endpoint).await).await.then_some(()))
        .await;
    drop(second);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_connections_are_in_use_a_new_one_is_refused_and_that_is_told_once() {
    let mut deployment = Deployment::builder().toml(PATIENT).toml("grpc.connections_max = 2").start().await;
    let host = HostProcess::start(&mut deployment).await;
    let (first, second) = (busy(host.endpoint()).await, busy(host.endpoint()).await);
    for _ in 0..3 {
        // Nobody waits, so the port goes on accepting.
        assert!(!is_greeted(from_elsewhere(host.endpoint()).await).await);
    }
    let told = |line: &serde_json::Value| {
        line["message"].as_str().is_some_and(|text| text.starts_with("a connection was refused"))
    };
    host.line(told).await;
    assert_eq!(
        (host.count(told), host.metrics().await.sum("patchbay_refusals_total", &[("reason", "connections")])),
        (1, 3)
    );
    drop(first);
    wait_for("room for one more", STATE_MAX, async || {
        is_greeted(from_elsewhere(host.endpoint()).await).await.then_some(())
    })
    .await;
    let (mut raw, _watching) = second;
    assert_eq!(raw.call(CHECK, &[], &[]).await.status, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_so_many_connections_of_the_http_port() {
    let deployment = Deployment::builder()
        .toml("http = { connections_per_address_max = 2, request_ms_max = 600000 }")
        .start()
        .await;
    let first = tcp(&deployment.http()).await;
    let _second = tcp(&deployment.http()).await;
    let _third = tcp(&deployment.http()).await;
    closed(first).await;
    Metrics::read(&deployment.http()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_connection_ends_and_its_calls_do_not() {
    needs_cloudsim!();
    let deployment = Deployment::builder().toml("grpc.connection_age_ms_max = 300").start().await;
    let tenant = deployment.tenant("acme").await;
    deployment.cloudsim().fault(Fault::delay(1_000).on(Service::Compute, "GET", "/flavors"));
    let mut raw = Raw::connect(&deployment.endpoint()).await;
    let mut call = raw.open(LIST_FLAVORS, &[]).await;
    call.send(frame(&encoded(&tenant.request::<ListFlavorsReq>())), true);
    let told = call.told().await;
    assert_eq!(told.status, Some(0), "{told:?}");
    raw.closed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_old_connection_has_taken_it_answers() {
    let deployment = Deployment::builder().at_once().toml("grpc.connection_age_ms_max = 20").start().await;
    let tenant = deployment.tenant("acme").await;
    let flavors = encoded(&tenant.request::<ListFlavorsReq>());
    let mut raw = Raw::connect(&deployment.endpoint()).await;
    let (mut answered, mut connections) = (0, 1);
    while connections < 10 || answered < 100 {
        match raw.attempt(LIST_FLAVORS, &[], &flavors).await {
            Ok(told) => {
                assert_eq!(told.status, Some(0), "{answered}, connection {connections}: {told:?}");
                answered += 1;
            }
            // The host is done with the connection, and says that it has not taken this call.
            Err(_) => (raw, connections) = (Raw::connect(&deployment.endpoint()).await, connections + 1),
        }
    }
    let metrics = Metrics::read(&deployment.http()).await;
    assert_eq!(metrics.sum("patchbay_calls_total", &[("method", "ListFlavors")]), answered);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_not_there_is_found_out() {
    let deployment = Deployment::builder()
        .toml(PATIENT)
        .toml("grpc = { keepalive_ms = 100, keepalive_ms_max = 200 }")
        .start()
        .await;
    let there = busy(&deployment.endpoint()).await;
    // It never answers a PING, and has a call that goes on.
    let headers = headers(1, WAITING);
    closed(silent(&deployment.endpoint(), &[PREFACE, SETTINGS, &headers]).await).await;
    let (mut raw, _watching) = there;
    assert_eq!(raw.call(CHECK, &[], &[]).await.status, Some(0));
}

/// A HEADERS frame, whole.
pub(crate) fn headers(stream: u32, block: &[u8]) -> Vec<u8> {
    let length = u32::try_from(block.len()).unwrap().to_be_bytes();
    [&length[1..], &[1, 4], &stream.to_be_bytes(), block].concat()
}

/// Reads frames until one of this kind comes: its stream and what is in it.
async fn frame_of_kind(tcp: &mut TcpStream, kind: u8) -> (u32, Vec<u8>) {
    loop {
        let mut header = [0; 9];
        tcp.read_exact(&mut header).await.unwrap();
        let [a, b, c, found, _, stream @ ..] = header;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        tcp.read_exact(&mut payload).await.unwrap();
        if found == kind {
            return (u32::from_be_bytes(stream), payload);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_so_many_calls() {
    let deployment = Deployment::builder().toml(PATIENT).toml("grpc.streams_max = 2").start().await;
    let calls: Vec<_> = [1, 3, 5].into_iter().flat_map(|stream| headers(stream, WAITING)).collect();
    let mut tcp = silent(&deployment.endpoint(), &[PREFACE, SETTINGS, &calls]).await;
    let reset = tokio::time::timeout(STATE_MAX, frame_of_kind(&mut tcp, RST_STREAM)).await.unwrap();
    assert_eq!(reset, (5, REFUSED_STREAM.to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_headers_of_a_request_are_bounded() {
    let bounds = "grpc.header_bytes_max = 2048\nhttp.header_bytes_max = 8192";
    let deployment = Deployment::builder().toml(bounds).start().await;
    let mut raw = Raw::connect(&deployment.endpoint()).await;
    for (bytes, http) in [(1_000, 200), (3_000, 431)] {
        let told = raw.call(CHECK, &[("x-large", &"x".repeat(bytes))], &[]).await;
        assert_eq!(told.http.as_u16(), http, "{bytes}: {told:?}");
    }
    for (bytes, first) in [(1_000, "HTTP/1.1 200 "), (9_000, "HTTP/1.1 431 ")] {
        let large = format!("GET /healthz HTTP/1.1\r\nhost: a\r\nx-large: {}\r\n\r\n", "x".repeat(bytes));
        let mut tcp = silent(&deployment.http(), &[large.as_bytes()]).await;
        let mut said = Vec::new();
        // What it did not read makes the end a reset.
        let _ = tcp.read_to_end(&mut said).await;
        assert!(said.starts_with(first.as_bytes()), "{bytes}: {}", String::from_utf8_lossy(&said));
    }
}
