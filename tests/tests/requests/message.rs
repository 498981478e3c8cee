//! Messages that are none, too large, or packed.

use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_proto::flavor::{GetFlavorReq, ListFlavorsReq};
use patchbay_tests::Deployment;
use patchbay_tests::raw::{Raw, frame};
use tonic::Code;
use tonic::codec::CompressionEncoding;

use crate::GET_FLAVOR;

const INVALID: Option<i32> = Some(3);
const MIB: usize = 1 << 20;
const ENCODINGS: [(CompressionEncoding, &str); 2] =
    [(CompressionEncoding::Gzip, "gzip"), (CompressionEncoding::Zstd, "zstd")];

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_message_are_the_callers_fault() {
    let deployment = Deployment::start().await;
    let mut raw = Raw::connect(&deployment.endpoint()).await;
    // Field 4 of GetFlavorReq, with a byte that no text has; a field that is longer than the message; no field.
    let cases: [(&[u8], &str); 3] =
        [(&[0x22, 1, 0xff], "flavor_id"), (&[0x22, 100, b'a'], "flavor_id"), (&[0xff; 16], "")];
    for (bytes, named) in cases {
        let told = raw.call(GET_FLAVOR, &[], bytes).await;
        assert_eq!(told.status, INVALID, "{bytes:?}: {told:?}");
        assert!(told.message.contains(named), "{bytes:?}: {told:?}");
        assert!(told.headers.contains_key("x-request-id"), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_are_none_are_the_callers_fault() {
    let deployment = Deployment::start().await;
    let mut raw = Raw::connect(&deployment.endpoint()).await;
    let whole = frame(&[]);
    let frames: [&[u8]; 5] = [&[], &whole[..3], &[0, 0, 0, 0, 9, 1], &[7, 0, 0, 0, 0], &[1, 0, 0, 0, 1, 1]];
    for bytes in frames {
        let mut call = raw.open(GET_FLAVOR, &[]).await;
        call.send(bytes.to_vec().into(), true);
        let told = call.told().await;
        assert_eq!(told.status, INVALID, "{bytes:?}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn packed_messages_are_understood_and_answers_are_packed() {
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    for (encoding, name) in ENCODINGS {
        let client = FlavorServiceClient::new(deployment.grpc());
        let mut client = client.send_compressed(encoding).accept_compressed(encoding);
        let answer = client.list_flavors(tenant.request::<ListFlavorsReq>()).await.unwrap();
        assert_eq!(answer.metadata().get("grpc-encoding").unwrap(), name);
        let answer = answer.into_inner();
        assert_eq!(answer.code, 0, "{}", answer.msg);
        assert!(!answer.flavors.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_bounded_when_it_is_unpacked() {
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    for (encoding, name) in ENCODINGS {
        let mut client = FlavorServiceClient::new(deployment.grpc()).send_compressed(encoding);
        // A few kibibytes on the wire.
        let bomb = GetFlavorReq { flavor_id: "0".repeat(64 * MIB), ..tenant.request() };
        let status = client.get_flavor(bomb).await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{name}: {status}");
        assert!(status.message().contains("1048576"), "{name}: {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_packed_badly_is_the_callers_fault() {
    let deployment = Deployment::start().await;
    let mut raw = Raw::connect(&deployment.endpoint()).await;
    for (_, name) in ENCODINGS {
        let mut call = raw.open(GET_FLAVOR, &[("grpc-encoding", name)]).await;
        call.send(vec![1, 0, 0, 0, 4, 1, 2, 3, 4].into(), true);
        let told = call.told().await;
        assert_eq!(told.status, INVALID, "{name}: {told:?}");
    }
}
