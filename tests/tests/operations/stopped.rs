//! SIGTERM: no new calls, those in flight end within a bound, what is no work ends at once, and the exit status is 0.

use std::time::Duration;

use cloudsim::{Fault, Options, Service, Timing};
use patchbay_operations::State;
use patchbay_proto::flavor::ListFlavorsReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::raw::{Raw, frame, tcp};
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};
use tokio::task::JoinHandle;
use tonic::Status;

use crate::Scene;

const ARRIVAL_MAX: Duration = Duration::from_secs(30);
/// As long as a call is in flight when the host is told to stop.
const IN_FLIGHT_MS: u64 = 3_000;
/// Longer than any test.
const NEVER_MS: u64 = 600_000;

impl Scene {
    /// ListFlavors, to be waited for: its code.
    fn flavors(&self) -> JoinHandle<Result<i32, Status>> {
        let request: ListFlavorsReq = self.creations.tenant().request();
        let channel = self.host.grpc();
        tokio::spawn(async move {
            let answer = FlavorServiceClient::new(channel).list_flavors(request).await?;
            Ok(answer.into_inner().code)
        })
    }

    /// A call that the cloud answers after `ms`, and that is there by now.
    async fn in_flight(&self, ms: u64) -> JoinHandle<Result<i32, Status>> {
        let cloud = self.deployment.cloudsim();
        cloud.fault(Fault::delay(ms).on(Service::Compute, "GET", "/flavors/detail"));
        // Others have asked for flavors too.
        let asked = || cloud.count(Service::Compute, "GET", "/v2.1/flavors/detail");
        let before = asked();
        let call = self.flavors();
        wait_for("the call to be in flight", ARRIVAL_MAX, async || (asked() > before).then_some(())).await;
        call
    }

    /// SIGTERM, seen by the host.
    async fn stop(&self) {
        self.host.terminate().await;
        let stopping = |line: &serde_json::Value| {
            line["message"].as_str().is_some_and(|text| text.starts_with("stopping"))
        };
        self.host.line(stopping).await;
    }
}

#[tokio::test]
async fn a_call_in_flight_ends_and_no_new_one_begins() {
    needs_cloudsim!();
    let mut scene = Scene::start(Deployment::builder()).await;
    let call = scene.in_flight(IN_FLIGHT_MS).await;
    scene.stop().await;
    scene.flavors().await.unwrap().expect_err("no new call is let in");
    assert_eq!(call.await.unwrap().expect("its answer"), 0);
    assert_eq!(scene.host.exit().await.code(), Some(0));
}

#[tokio::test]
async fn a_call_that_does_not_end_is_cut_off_at_the_bound() {
    needs_cloudsim!();
    let mut scene = Scene::start(Deployment::builder().toml("shutdown_ms_max = 500")).await;
    let call = scene.in_flight(NEVER_MS).await;
    scene.stop().await;
    assert_eq!(scene.host.exit().await.code(), Some(0));
    call.await.unwrap().expect_err("it was cut off");
}

#[tokio::test]
async fn what_has_no_request_in_it_keeps_nobody_waiting() {
    needs_cloudsim!();
    let bounds = "shutdown_ms_max = 600000\n\
        grpc = { call_ms_max = 600000, message_ms_max = 600000, handshake_ms_max = 600000, idle_ms_max = 600000 }";
    let mut scene = Scene::start(Deployment::builder().toml(bounds)).await;
    let endpoint = scene.host.endpoint().to_owned();
    // A stranger with an open stream, half a message, a watch, and connections with less than that.
    let mut raw = Raw::connect(&endpoint).await;
    let open = raw.open("flavor.FlavorService/GetFlavor", &[]).await;
    let mut half = raw.open("flavor.FlavorService/GetFlavor", &[]).await;
    half.send(vec![0, 0].into(), false);
    let mut questions = raw.open("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", &[]).await;
    questions.send(vec![0, 0].into(), false);
    let mut watch = raw.open("grpc.health.v1.Health/Watch", &[]).await;
    watch.send(frame(&[]), true);
    watch.begun().await;
    let silent = [tcp(&endpoint).await, tcp(&endpoint).await];
    wait_for("the streams to wait", ARRIVAL_MAX, async || {
        (scene.host.metrics().await.sum("patchbay_waiting", &[]) == 3).then_some(())
    })
    .await;
    let call = scene.in_flight(IN_FLIGHT_MS).await;
    scene.stop().await;
    for call in [open, half] {
        let told = call.told().await;
        assert_eq!(told.status, Some(14), "{told:?}");
    }
    questions.told().await;
    assert_eq!(call.await.unwrap().expect("its answer"), 0, "what is work goes on");
    assert_eq!(scene.host.exit().await.code(), Some(0));
    drop((silent, watch));
}

#[tokio::test]
async fn a_call_that_waits_for_an_operation_is_answered_at_once() {
    needs_cloudsim!();
    let bounds = "shutdown_ms_max = 600000\n\
        grpc.call_ms_max = 600000\n\
        operation.inline_wait_ms = 600000";
    let timing = Timing { server_build_ms: NEVER_MS, ..Timing::default() };
    let builder = Deployment::builder().cloud(Options { timing, ..Options::default() });
    let mut scene = Scene::start(builder.toml(bounds)).await;
    let call = scene.creations.begin(scene.host.grpc());
    let running = wait_for("the operation to run", ARRIVAL_MAX, async || {
        scene.creations.unfinished().await.filter(|operation| operation.state == State::Running)
    })
    .await;
    scene.stop().await;
    let answer = call.await.unwrap().expect("an answer");
    assert_eq!((answer.code, answer.operation), (0, Some(running.id)), "{answer:?}");
    assert!(answer.msg.contains("goes on") && !answer.instance.is_empty(), "{answer:?}");
    assert_eq!(scene.host.exit().await.code(), Some(0));
    let left = scene.creations.unfinished().await.expect("it goes on at the next start");
    assert_eq!((left.id, left.state), (running.id, State::Running));
}
