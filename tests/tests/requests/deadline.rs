//! `grpc-timeout`: kept, refused where it is none, and also kept by requests whose message does not come.

use cloudsim::{Fault, Service};
use patchbay_proto::flavor::GetFlavorReq;
use patchbay_tests::raw::{Raw, encoded};
use patchbay_tests::{Deployment, needs_cloudsim};

use crate::GET_FLAVOR;

const INVALID: Option<i32> = Some(3);
const DEADLINE_EXCEEDED: Option<i32> = Some(4);

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_passes_is_told_as_one() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let slow = Fault::delay(60_000).on(Service::Compute, "GET", "/flavors");
    deployment.cloudsim().fault(slow);
    let mut raw = Raw::connect(&deployment.endpoint()).await;
    let flavor = encoded(&GetFlavorReq { flavor_id: "1".to_owned(), ..tenant.request() });
    for passed in ["0S", "0n", "00000000H", "1n", "1m", "200m"] {
        let told = raw.call(GET_FLAVOR, &[("grpc-timeout", passed)], &flavor).await;
        assert_eq!(told.status, DEADLINE_EXCEEDED, "{passed}: {told:?}");
        assert!(told.headers.contains_key("x-request-id"), "{passed}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_deadline_is_refused() {
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let mut raw = Raw::connect(&deployment.endpoint()).await;
    let flavor = encoded(&GetFlavorReq { flavor_id: "1".to_owned(), ..tenant.request() });
    for malformed in ["-1S", "+1S", "abc", "1234567890123456S", "123456789S", "", "5", "S", "1.5S", "1 S"] {
        let told = raw.call(GET_FLAVOR, &[("grpc-timeout", malformed)], &flavor).await;
        assert_eq!(told.status, INVALID, "{malformed:?}: {told:?}");
        assert!(told.message.contains("grpc-timeout"), "{told:?}");
    }
    let told = raw.call(GET_FLAVOR, &[("grpc-timeout", "99999999H")], &flavor).await;
    assert_eq!(told.status, Some(0), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_does_not_come_is_waited_for_until_the_deadline() {
    let deployment = Deployment::builder().toml("grpc.message_ms_max = 600000").start().await;
    let mut raw = Raw::connect(&deployment.endpoint()).await;
    let mut half = raw.open(GET_FLAVOR, &[("grpc-timeout", "200m")]).await;
    half.send(vec![0, 0, 0].into(), false);
    let none = raw.open(GET_FLAVOR, &[("grpc-timeout", "200m")]).await;
    for call in [half, none] {
        let told = call.told().await;
        assert_eq!(told.status, DEADLINE_EXCEEDED, "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_deadline_it_is_waited_for_so_long() {
    let deployment = Deployment::builder().toml("grpc.message_ms_max = 200").start().await;
    let mut raw = Raw::connect(&deployment.endpoint()).await;
    let told = raw.open(GET_FLAVOR, &[]).await.told().await;
    assert_eq!(told.status, DEADLINE_EXCEEDED, "{told:?}");
    let stream = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let told = raw.open(stream, &[]).await.told().await;
    assert_eq!(told.status, DEADLINE_EXCEEDED, "{told:?}");
}
