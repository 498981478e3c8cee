//! How a generation ends that gets no new calls: by itself, or cut off; and how many of them are kept.

use patchbay_tests::component::{built, guest, stamped};
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};

use crate::backend::Backend;
use crate::{PLUGIN, SWAP_MAX, Stage, with_backend};

#[tokio::test]
async fn a_generation_drains_until_its_last_call_has_ended() {
    needs_cloudsim!();
    let backend = Backend::start(1).await;
    let stage = Stage::hostile(with_backend(Deployment::builder(), &backend.url)).await;
    let held = tokio::spawn(stage.flavor("hold"));
    backend.holds(1).await;
    let before = stage.in_state("active").await;
    assert_eq!(before.calls, 1, "{before:?}");
    assert!(before.memory_bytes > 0, "{before:?}");

    stage.install(&built(PLUGIN));
    let draining = stage.in_state("draining").await;
    assert_eq!((draining.number, draining.calls, draining.weight), (before.number, 1, 0), "{draining:?}");
    backend.release();
    assert_eq!(held.await.unwrap().name, "released");
    assert_eq!(stage.in_state("retained").await.number, before.number);
    assert_eq!(stage.event(0, "drained").await.generation, before.number);
}

#[tokio::test]
async fn a_call_that_outlasts_the_drain_is_cut_off_and_named() {
    needs_cloudsim!();
    let backend = Backend::start(1).await;
    let builder = Deployment::builder().toml("plugin.drain_timeout_ms = 500");
    let stage = Stage::hostile(with_backend(builder, &backend.url)).await;
    let held = tokio::spawn(stage.flavor("hold"));
    backend.holds(1).await;
    let before = stage.in_state("active").await;
    stage.install(&built(PLUGIN));
    let answer = held.await.unwrap();
    assert_eq!(answer.code, 14, "{}", answer.msg);
    assert!(answer.msg.contains("replaced"), "{}", answer.msg);
    let cut = stage.event(0, "cancelled").await;
    assert_eq!(cut.generation, before.number);
    assert!(cut.message.contains(&answer.request_id), "{}", cut.message);
    assert_eq!(stage.in_state("retained").await.number, before.number);
}

#[tokio::test]
async fn so_many_generations_are_kept() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.retained_max = 2")).await;
    let first = stage.in_state("active").await.number;
    let component = guest("hostile");
    for stamp in ["two", "three", "four"] {
        let before = stage.in_state("active").await.number;
        stage.install(&stamped(&component, stamp));
        wait_for("the next generation", SWAP_MAX, async || {
            (stage.in_state("active").await.number > before).then_some(())
        })
        .await;
    }
    assert_eq!(stage.event(0, "gone").await.generation, first);
    let generations = stage.generations().await;
    let states: Vec<_> = generations.iter().map(|generation| generation.state.as_str()).collect();
    assert_eq!(states, ["gone", "retained", "retained", "active"]);
}

#[tokio::test]
async fn so_many_records_are_kept() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.records_max = 10")).await;
    for words in ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"] {
        let before = stage.admissions("refused").await;
        stage.install(words.as_bytes());
        wait_for("the refusal", SWAP_MAX, async || {
            (stage.admissions("refused").await > before).then_some(())
        })
        .await;
    }
    let generations = stage.generations().await;
    assert!(generations.len() < 10, "{}", generations.len());
    assert!(
        generations.iter().any(|generation| generation.state == "active"),
        "who serves is never forgotten"
    );
}
