//! Connections that should end, and whose clients do not help: nothing begins on them any more, and they end.

use std::time::Duration;

use patchbay_tests::raw::Raw;
use patchbay_tests::{Deployment, wait_for};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::time::timeout;

use crate::bound::{WAITING, busy, headers, is_greeted, refused};
use crate::silent::{PATIENT, PREFACE, SETTINGS, silent};

const STATE_MAX: Duration = Duration::from_secs(30);
/// An empty message of gRPC's, and the end of its stream.
const EMPTY: &[u8] = &[0, 0, 5, 0, 1];
const REFUSED_STREAM: u32 = 7;
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;

/// A whole call of a method that is not there.
fn call(stream: u32) -> Vec<u8> {
    [&headers(stream, WAITING)[..], EMPTY, &stream.to_be_bytes(), &[0; 5]].concat()
}

/// What a client hears that acknowledges nothing.
#[derive(Debug, Default)]
struct Heard {
    goaways: usize,
    /// Streams that were refused.
    refused: Vec<u32>,
}

/// Reads to the end.
async fn listen(mut from: OwnedReadHalf) -> Heard {
    let mut heard = Heard::default();
    let mut header = [0; 9];
    while from.read_exact(&mut header).await.is_ok() {
        let [a, b, c, kind, _, stream @ ..] = header;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        if from.read_exact(&mut payload).await.is_err() {
            break;
        }
        match kind {
            GOAWAY => heard.goaways += 1,
            RST_STREAM if payload == REFUSED_STREAM.to_be_bytes() => {
                heard.refused.push(u32::from_be_bytes(stream));
            }
            _ => {}
        }
    }
    heard
}

/// Calls one after the other for as long as the host takes anything.
async fn call_for_ever(tcp: TcpStream) -> Heard {
    let (from, mut to) = tcp.into_split();
    let heard = tokio::spawn(listen(from));
    let mut stream = 1;
    while !heard.is_finished() && to.write_all(&call(stream)).await.is_ok() {
        stream += 2;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    heard.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_acknowledge_the_end_has_no_more_calls() {
    let bounds = "grpc = { connection_age_ms_max = 100, close_ms_max = 200 }";
    let deployment = Deployment::builder().toml(PATIENT).toml(bounds).start().await;
    let tcp = silent(&deployment.endpoint(), &[PREFACE, SETTINGS]).await;
    let heard = timeout(STATE_MAX, call_for_ever(tcp)).await.expect("the host closes the connection");
    assert_eq!(heard.goaways, 1, "{heard:?}");
    assert!(!heard.refused.is_empty(), "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_with_its_old_connection() {
    let bounds =
        "grpc = { connection_age_ms_max = 100, close_ms_max = 100, call_ms_max = 300, answer_ms_max = 300 }";
    let deployment = Deployment::builder().toml(PATIENT).toml(bounds).start().await;
    let (raw, _watching) = busy(&deployment.endpoint()).await;
    raw.closed().await;
}

/// A connection on which a call was made, and whose client hears of no end.
async fn used(endpoint: &str) -> TcpStream {
    let mut tcp = silent(endpoint, &[PREFACE, SETTINGS, &call(1)]).await;
    // As soon as the answer has begun to come: its HEADERS.
    let mut header = [0; 9];
    loop {
        tcp.read_exact(&mut header).await.unwrap();
        let [a, b, c, kind, ..] = header;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        tcp.read_exact(&mut payload).await.unwrap();
        if kind == 1 {
            return tcp;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_an_addresss_until_it_is_given_back() {
    let bounds = "grpc = { connections_per_address_max = 2, close_ms_max = 600000 }";
    let deployment = Deployment::builder().toml(PATIENT).toml(bounds).start().await;
    let endpoint = deployment.endpoint();
    let (first, _second) = (used(&endpoint).await, used(&endpoint).await);
    // One of them is asked to leave, and does not.
    let _third = used(&endpoint).await;
    assert_eq!(refused(&deployment).await, 0);
    assert!(
        !is_greeted(patchbay_tests::raw::tcp(&endpoint).await).await,
        "the third stays, and one is leaving"
    );
    assert_eq!(refused(&deployment).await, 1);
    drop(first);
    wait_for("the place of the one that has gone", STATE_MAX, async || {
        is_greeted(patchbay_tests::raw::tcp(&endpoint).await).await.then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_message_does_not_keep_its_place() {
    let bounds = "grpc = { connections_max = 1, message_ms_max = 600000, call_ms_max = 600000 }";
    let deployment = Deployment::builder().toml(PATIENT).toml(bounds).start().await;
    let waiting = silent(&deployment.endpoint(), &[PREFACE, SETTINGS, &headers(1, WAITING)]).await;
    let mut raw = Raw::connect(&deployment.endpoint()).await;
    let told = raw.call("grpc.health.v1.Health/Check", &[], &[]).await;
    assert_eq!(told.status, Some(0), "{told:?}");
    patchbay_tests::raw::closed(waiting).await;
}
