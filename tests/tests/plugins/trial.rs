//! A new generation on trial beside the one that serves: by its figures it is promoted, or the other one answers again.

use std::fs;

use patchbay_core::Digest;
use patchbay_tests::component::{built, guest};
use patchbay_tests::deployment::Builder;
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};

use crate::{PLUGIN, SWAP_MAX, Stage, route};

/// Nova's plugin, and the hostile one on trial.
async fn on_trial(canary: &str) -> Stage {
    let stage = Stage::start(tried(Deployment::builder(), canary)).await;
    stage.install(&guest("hostile"));
    let canary = stage.in_state("canary").await;
    assert_eq!((canary.weight, stage.in_state("active").await.weight), (20, 80));
    stage.pin(canary.number).await;
    stage
}

fn tried(builder: Builder, canary: &str) -> Builder {
    let canary: toml::Table = canary.parse().unwrap();
    route(builder, |route| drop(route.insert("canary".to_owned(), canary.into())))
}

impl Stage {
    /// Asks for this flavor until there is an event of that kind.
    async fn ask_until(&self, flavor: &str, kind: &str) -> u64 {
        let ask = async {
            loop {
                self.flavor(flavor).await;
            }
        };
        tokio::select! {
            () = ask => unreachable!(),
            event = self.event(0, kind) => event.generation,
        }
    }
}

#[tokio::test]
async fn a_canary_that_fails_more_than_the_other_is_rolled_back() {
    needs_cloudsim!();
    let stage = on_trial("percent = 20\ncalls_min = 5\nfailures_excess_percent = 10\nwindow_ms = 1000").await;
    let nova = stage.in_state("active").await.number;
    assert_eq!(stage.ask_until("panic", "rolled-back").await, nova);
    stage.serves(false).await;
    let told = stage.event(0, "rolled-back").await.message;
    assert!(told.contains("failed"), "{told}");
    let active = stage.in_state("active").await;
    assert_eq!((active.number, active.weight), (nova, 100));
    // The next start begins with it too.
    let file = stage.deployment.plugins().join(PLUGIN).with_extension("wasm");
    wait_for("the file", SWAP_MAX, async || {
        (Digest::of(&fs::read(&file).unwrap()) == Digest::of(&built(PLUGIN))).then_some(())
    })
    .await;
    let failed = stage.in_state("retained").await;
    assert!(!failed.last_error.is_empty(), "{failed:?}");
}

#[tokio::test]
async fn a_canary_that_does_well_is_promoted() {
    needs_cloudsim!();
    let stage = on_trial(
        "percent = 20\ncalls_min = 5\nfailures_excess_percent = 10\nwindow_ms = 1000\npromote_after_ms = 500",
    )
    .await;
    let canary = stage.in_state("canary").await.number;
    assert_eq!(stage.ask_until("x", "promoted").await, canary);
    let active = stage.in_state("active").await;
    assert_eq!((active.number, active.weight), (canary, 100));
}

#[tokio::test]
async fn a_canary_waits_for_the_operator_where_nothing_else_is_said() {
    needs_cloudsim!();
    let stage = on_trial("percent = 20\ncalls_min = 1\nwindow_ms = 100").await;
    let canary = stage.in_state("canary").await.number;
    for _ in 0..20 {
        assert_eq!(stage.flavor("panic").await.code, 13);
    }
    assert_eq!(stage.in_state("canary").await.number, canary);
    stage.roll_back().await;
    stage.serves(false).await;
    assert_eq!(stage.in_state("retained").await.number, canary);
    stage.activate(canary).await;
    stage.serves(true).await;
}
