//! Components that do not end, or end badly: the caller gets a definite code, and nobody else notices.

use patchbay_tests::{Deployment, needs_cloudsim};

use crate::{PLUGIN, Stage};

#[tokio::test]
async fn a_call_that_a_plugin_does_not_survive_is_internal_for_its_caller_alone() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.cpu_ms_max = 200")).await;
    let deeds = [("spin", "cpu"), ("nag", "cpu"), ("grow", "memory"), ("panic", "trap"), ("recurse", "trap")];
    for (deed, reason) in deeds {
        let answer = stage.flavor(deed).await;
        assert_eq!(answer.code, 13, "{deed}: {}", answer.msg);
        assert_eq!(stage.flavor("x").await.name, "x", "after {deed}");
        let told =
            |line: &serde_json::Value| line["request_id"] == *answer.request_id && line["reason"] == reason;
        let line = stage.host.line(told).await;
        assert_eq!(line["version"], env!("CARGO_PKG_VERSION"), "{line}");
        assert!(line["plugin"].as_str().is_some_and(|plugin| plugin.starts_with(PLUGIN)), "{line}");
    }
    let metrics = stage.host.metrics().await;
    let traps = |reason| metrics.sum("patchbay_traps_total", &[("plugin", PLUGIN), ("reason", reason)]);
    assert_eq!(["cpu", "memory", "trap"].map(traps), [2, 1, 2]);
}

#[tokio::test]
async fn others_are_answered_while_a_plugin_spins() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    let spinning: Vec<_> = (0..4).map(|_| tokio::spawn(stage.flavor("spin"))).collect();
    let mut answered = 0;
    while spinning.iter().any(|call| !call.is_finished()) {
        assert_eq!(stage.flavor("x").await.code, 0);
        answered += usize::from(spinning.iter().all(|call| !call.is_finished()));
    }
    assert!(answered > 0, "nobody was answered while all four were spinning");
    for call in spinning {
        assert_eq!(call.await.unwrap().code, 13);
    }
}

#[tokio::test]
async fn a_call_past_its_deadline_is_a_timeout() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.call_ms_max = 500")).await;
    assert_eq!(stage.flavor("sleep").await.code, 4);
    assert_eq!(stage.flavor("x").await.code, 0);
    let labels = [("plugin", PLUGIN), ("reason", "deadline")];
    assert_eq!(stage.host.metrics().await.sum("patchbay_traps_total", &labels), 1);
}
