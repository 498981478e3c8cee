//! An operation that one generation began while another takes its place: the first one is kept for it as long as it drains,
//! and then the next goes on with it.

use cloudsim::Timing;
use patchbay_core::OperationId;
use patchbay_operations::State;
use patchbay_tests::component::{built, stamped};
use patchbay_tests::creation::Creations;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};

use crate::{PLUGIN, Stage};

/// Nobody waits for what goes on.
const AT_ONCE: &str = "operation = { inline_wait_ms = 50, poll_ms_min = 20, poll_ms_max = 100 }";
/// Longer than a swap takes.
const BUILD_MS: u64 = 6_000;

/// A deployment where an instance is being made by the first generation.
async fn building(limits: &str) -> (Stage, Creations, OperationId) {
    let stage = Stage::with(Deployment::builder().toml(AT_ONCE).toml(limits)).await;
    let cloud = stage.deployment.cloudsim();
    cloud.set_timing(Timing { server_build_ms: BUILD_MS, ..Timing::instant() });
    let creations = Creations::of(&stage.deployment, stage.tenant.clone()).await;
    let id = creations.create(stage.deployment.grpc()).await.operation.unwrap();
    (stage, creations, id)
}

impl Stage {
    async fn comes_to(&self, number: u64, state: &str) {
        let there = async || (self.generation(number).await.state == state).then_some(());
        wait_for(state, END_MAX, there).await;
    }
}

#[tokio::test]
async fn an_operation_holds_the_drain_of_who_began_it() {
    needs_cloudsim!();
    let (stage, creations, id) = building("").await;
    let first = stage.nova().await.number;
    let next = stage.load(&stamped(&built(PLUGIN), "second")).await;
    assert_eq!(next.state, "active");
    let draining = stage.generation(first).await;
    assert_eq!((draining.state.as_str(), draining.operations), ("draining", 1), "{draining:?}");
    let ended = creations.ended(id).await;
    assert_eq!(ended.state, State::Done, "{:?}", ended.failure);
    stage.comes_to(first, "retained").await;
    assert_eq!(stage.generation(next.number).await.operations, 0);
}

#[tokio::test]
async fn an_operation_goes_on_with_the_next_one() {
    needs_cloudsim!();
    let (stage, creations, id) = building("plugin = { drain_timeout_ms = 100, retained_max = 0 }").await;
    let first = stage.nova().await.number;
    let next = stage.load(&stamped(&built(PLUGIN), "second")).await.number;
    stage.comes_to(first, "gone").await;
    assert!(creations.unfinished().await.is_some(), "it goes on");
    let carries = async || (stage.generation(next).await.operations == 1).then_some(());
    wait_for("the next one to carry it", END_MAX, carries).await;
    let ended = creations.ended(id).await;
    assert_eq!(ended.state, State::Done, "{:?}", ended.failure);
    creations.whole_or_gone(&ended).await;
}
