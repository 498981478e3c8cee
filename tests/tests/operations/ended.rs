//! How operations end, what their row says of it, and how many may go on.

use cloudsim::{Failures, Timing};
use patchbay_operations::State;
use patchbay_tests::creation::Creations;
use patchbay_tests::{Deployment, needs_cloudsim};

use crate::Scene;

/// Longer than any test.
const NEVER_MS: u64 = 600_000;

#[tokio::test]
async fn a_finished_operation_says_when() {
    needs_cloudsim!();
    let scene = Scene::start(Deployment::builder()).await;
    let answer = scene.creations.create(scene.host.grpc()).await;
    assert_eq!(answer.code, 0, "{}", answer.msg);
    let row = scene.creations.ended(answer.operation.expect("x-operation-id")).await;
    assert_eq!(row.state, State::Done);
    assert_eq!(row.resource_id.as_deref(), Some(answer.instance.as_str()));
    assert!(row.finished_at.is_some_and(|at| at.ends_with('Z')));
    assert_eq!(row.failure, None);
}

#[tokio::test]
async fn a_failed_operation_says_why() {
    needs_cloudsim!();
    let scene = Scene::start(Deployment::builder()).await;
    scene.deployment.cloudsim().set_failures(Failures { servers: 1, ..Failures::default() });
    let answer = scene.creations.create(scene.host.grpc()).await;
    assert_ne!(answer.code, 0);
    let row = scene.creations.ended(answer.operation.expect("x-operation-id")).await;
    assert_eq!(row.state, State::Failed);
    let failure = row.failure.as_ref().expect("a failure");
    assert_eq!((failure.kind.code(), failure.message.as_str()), (answer.code, answer.msg.as_str()));
    assert!(failure.message.contains("no room for this flavor"), "{}", failure.message);
    scene.creations.whole_or_gone(&row).await;
}

#[tokio::test]
async fn too_many_operations_at_once_are_refused() {
    needs_cloudsim!();
    let bounds = "operation = { running_max = 1, inline_wait_ms = 100 }";
    let scene = Scene::start(Deployment::builder().toml(bounds)).await;
    scene.deployment.cloudsim().set_timing(Timing { server_build_ms: NEVER_MS, ..Timing::instant() });
    let first = scene.creations.create(scene.host.grpc()).await;
    assert_eq!(first.code, 0, "{}", first.msg);
    assert!(first.msg.contains("x-operation-id"), "{}", first.msg);
    let made = scene.creations.made().len();
    let second = scene.creations.create(scene.host.grpc()).await;
    assert_eq!((second.code, second.operation), (14, None), "{}", second.msg);
    assert_eq!(scene.creations.made().len(), made);
}

#[tokio::test]
async fn one_tenants_operations_leave_room_for_the_others() {
    needs_cloudsim!();
    let bounds = "operation = { running_max = 2, running_per_tenant_max = 1, inline_wait_ms = 100 }";
    let scene = Scene::start(Deployment::builder().toml(bounds)).await;
    scene.deployment.lead_to(&scene.host);
    let other = scene.deployment.tenant("other").await;
    let other = Creations::of(&scene.deployment, other).await;
    scene.deployment.cloudsim().set_timing(Timing { server_build_ms: NEVER_MS, ..Timing::instant() });
    let first = scene.creations.create(scene.host.grpc()).await;
    assert_eq!(first.code, 0, "{}", first.msg);
    let made = scene.creations.made().len();
    let second = scene.creations.create(scene.host.grpc()).await;
    assert_eq!((second.code, second.operation), (8, None), "{}", second.msg);
    assert!(second.msg.contains("this tenant"), "{}", second.msg);
    assert_eq!(scene.creations.made().len(), made);
    let its_own = other.create(scene.host.grpc()).await;
    assert_eq!(its_own.code, 0, "{}", its_own.msg);
}
