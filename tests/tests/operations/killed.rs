//! The host is killed while an instance is being created. The next one on the same database ends the operation, and
//! nothing is orphaned: there is all of it or nothing.

use std::time::Duration;

use cloudsim::{Control, Failures, Fault, Service, Timing};
use patchbay_operations::{Operation, State};
use patchbay_tests::creation::Creations;
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};

use crate::Scene;

/// How long it may take until the host is where it is to be killed.
const MOMENT_MAX: Duration = Duration::from_secs(60);
/// Longer than any test: a request that does not come back.
const NEVER_MS: u64 = 600_000;
/// Long enough to be seen by a test that looks every 50 ms.
const LONG_MS: u64 = 4_000;

/// Kills the host at the `moment`, and gives how the operation ended under the next one.
async fn killed_when(
    prepare: impl FnOnce(&Control),
    moment: impl Fn(&Operation, &Creations) -> bool,
) -> State {
    let Scene { host, creations, mut deployment } = Scene::start(Deployment::builder()).await;
    prepare(deployment.cloudsim());
    let call = creations.begin(host.grpc());
    let operation = wait_for("the moment to kill", MOMENT_MAX, async || {
        creations.unfinished().await.filter(|operation| moment(operation, &creations))
    })
    .await;
    host.kill().await;
    // Where it had failed already, the caller was told so; otherwise nobody answers after SIGKILL.
    let answer = call.await.unwrap();
    assert!(answer.is_err() || operation.state == State::Abandoning, "{answer:?}");
    deployment.cloudsim().clear_faults();

    let _next = HostProcess::start(&mut deployment).await;
    let ended = creations.ended(operation.id).await;
    creations.whole_or_gone(&ended).await;
    ended.state
}

fn lost(cloud: &Control, service: Service, path: &str) {
    cloud.fault(Fault::delay(NEVER_MS).on(service, "POST", path));
}

fn count(creations: &Creations, kind: &str) -> usize {
    creations.made().iter().filter(|resource| resource.kind == kind).count()
}

#[tokio::test]
async fn before_anything_was_made() {
    needs_cloudsim!();
    let lose_all = |cloud: &Control| {
        lost(cloud, Service::Volume, "/volumes");
        lost(cloud, Service::Compute, "/servers");
    };
    let begun = |operation: &Operation, _: &Creations| operation.state == State::Beginning;
    assert_eq!(killed_when(lose_all, begun).await, State::Failed);
}

#[tokio::test]
async fn when_the_disks_were_made_and_the_server_not() {
    needs_cloudsim!();
    let lose_server = |cloud: &Control| lost(cloud, Service::Compute, "/servers");
    let disks = |operation: &Operation, creations: &Creations| {
        operation.state == State::Beginning && count(creations, "volume") == 2
    };
    assert_eq!(killed_when(lose_server, disks).await, State::Failed);
}

#[tokio::test]
async fn when_the_server_was_made_and_the_disks_not() {
    needs_cloudsim!();
    let lose_disks = |cloud: &Control| lost(cloud, Service::Volume, "/volumes");
    let server = |operation: &Operation, creations: &Creations| {
        operation.state == State::Beginning && count(creations, "server") == 1
    };
    assert_eq!(killed_when(lose_disks, server).await, State::Failed);
}

#[tokio::test]
async fn while_the_server_is_built() {
    needs_cloudsim!();
    let slowly = |cloud: &Control| {
        cloud.set_timing(Timing { server_build_ms: LONG_MS, ..Timing::instant() });
    };
    let building = |operation: &Operation, creations: &Creations| {
        operation.state == State::Running && creations.made().iter().any(|made| made.status == "BUILD")
    };
    assert_eq!(killed_when(slowly, building).await, State::Done);
}

#[tokio::test]
async fn while_disks_are_attached() {
    needs_cloudsim!();
    let slowly = |cloud: &Control| {
        cloud.set_timing(Timing { volume_attach_ms: LONG_MS, ..Timing::instant() });
    };
    let attaching = |operation: &Operation, creations: &Creations| {
        let under_way = |status: &str| matches!(status, "reserved" | "attaching");
        operation.state == State::Running && creations.made().iter().any(|made| under_way(&made.status))
    };
    assert_eq!(killed_when(slowly, attaching).await, State::Done);
}

#[tokio::test]
async fn while_it_is_undone() {
    needs_cloudsim!();
    let fail_and_keep = |cloud: &Control| {
        cloud.set_failures(Failures { servers: 1, ..Failures::default() });
        let kept = Fault::status(503, serde_json::Value::Null);
        cloud.fault(kept.on(Service::Volume, "DELETE", "/volumes/"));
    };
    let undoing = |operation: &Operation, creations: &Creations| {
        operation.state == State::Abandoning && count(creations, "server") == 0
    };
    assert_eq!(killed_when(fail_and_keep, undoing).await, State::Failed);
}
