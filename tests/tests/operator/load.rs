//! A component is loaded through the API: a good one serves at once, of a broken one nothing is seen but the reason.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use patchbay_tests::component::{built, guest, stamped};
use patchbay_tests::needs_cloudsim;

use crate::{PLUGIN, Stage, Who, who};

/// How an admission goes.
const STEPS: [&str; 6] = ["file", "digest", "compile", "world", "about", "grants"];

#[tokio::test(flavor = "multi_thread")]
async fn a_component_is_loaded_while_calls_go_on() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let (over, channel, tenant) =
        (Arc::new(AtomicBool::new(false)), stage.deployment.grpc(), stage.tenant.clone());
    // Before the swap, however soon that comes.
    let first = who(channel.clone(), &tenant).await;
    let calls = tokio::spawn({
        let over = Arc::clone(&over);
        async move {
            let mut seen = vec![first];
            while !over.load(Ordering::Relaxed) || seen.last() == Some(&Who::Nova) {
                // Any other answer is a panic.
                seen.push(who(channel.clone(), &tenant).await);
            }
            seen
        }
    });
    let loaded = stage.load_hostile().await;
    over.store(true, Ordering::Relaxed);
    assert_eq!(loaded.state, "active", "{loaded:?}");
    assert_eq!(loaded.plugin, PLUGIN);
    assert_eq!(loaded.digest, stage.file().as_str());
    let mut seen = calls.await.unwrap();
    seen.dedup();
    assert_eq!(seen, [Who::Nova, Who::Hostile], "one swap, and none between");
    let before = stage.nova().await;
    assert_eq!((before.weight, before.version.is_empty()), (0, false), "{before:?}");
}

#[tokio::test]
async fn each_step_of_an_admission_is_told() {
    needs_cloudsim!();
    let loaded = Stage::start().await.load_hostile().await;
    let steps: Vec<_> = loaded.steps.iter().map(|step| step.name.as_str()).collect();
    assert!(STEPS.iter().all(|step| steps.contains(step)), "{steps:?}");
    assert!(loaded.steps.iter().all(|step| step.refusal.is_empty()), "{:?}", loaded.steps);
    let compile = loaded.steps.iter().find(|step| step.name == "compile").unwrap();
    assert!(compile.took_us > 0);
}

#[tokio::test]
async fn a_broken_component_is_refused_with_its_reason() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let nova = stage.nova().await;
    let half = guest("hostile");
    for (component, step, reason) in [
        (b"these are words".to_vec(), "compile", "not a component"),
        (half[..half.len() / 2].to_vec(), "compile", "not a component"),
        (built("storage-cinder"), "world", "does not fit the compute world"),
    ] {
        let refused = stage.load(&component).await;
        assert_eq!((refused.state.as_str(), refused.weight), ("refused", 0), "{refused:?}");
        assert!(refused.last_error.contains(reason), "{refused:?}");
        let last = refused.steps.last().unwrap();
        assert_eq!(last.name, step);
        assert!(last.refusal.contains(reason), "{last:?}");
        assert_eq!(stage.who().await, Who::Nova);
        assert_eq!(stage.generation(refused.number).await.last_error, refused.last_error, "it is listed");
    }
    let serving = stage.generation(nova.number).await;
    assert_eq!((serving.state.as_str(), serving.weight), ("active", nova.weight));
}

#[tokio::test]
async fn a_refused_component_does_not_become_what_the_next_start_begins_with() {
    needs_cloudsim!();
    let mut stage = Stage::start().await;
    let before = stage.files();
    assert_eq!(stage.load(b"these are words").await.state, "refused");
    assert_eq!(stage.files(), before);
    stage.deployment.restart().await;
    assert_eq!(stage.who().await, Who::Nova);
}

#[tokio::test]
async fn what_was_loaded_is_what_the_next_start_begins_with() {
    needs_cloudsim!();
    let mut stage = Stage::start().await;
    let loaded = stage.load_hostile().await;
    stage.deployment.restart().await;
    assert_eq!(stage.nova().await.digest, loaded.digest);
    assert_eq!(stage.who().await, Who::Hostile);
}

#[tokio::test]
async fn loading_what_serves_changes_nothing() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let before = stage.nova().await;
    let loaded = stage.load(&built(PLUGIN)).await;
    assert_eq!((loaded.number, loaded.state.as_str()), (before.number, "active"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_loaded_at_once_one_serves_and_is_in_place() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let component = guest("hostile");
    let (one, two) = (stamped(&component, "one"), stamped(&component, "two"));
    let (one, two) = (crate::upload(PLUGIN, &one), crate::upload(PLUGIN, &two));
    let results = tokio::join!(stage.send(one), stage.send(two));
    for result in [results.0, results.1] {
        let [loaded] = &result.unwrap()[..] else { panic!("one route names it") };
        assert_ne!(loaded.state, "refused", "{loaded:?}");
    }
    let active: Vec<_> =
        stage.list().await.into_iter().filter(|g| g.domain == "compute" && g.state == "active").collect();
    assert_eq!(active.len(), 1, "{active:?}");
    assert_eq!(active[0].digest, stage.file().as_str());
    assert_eq!(stage.who().await, Who::Hostile);
    assert!(stage.files().iter().all(|(name, _)| name.ends_with(".wasm")), "{:?}", stage.files());
}
