//! Instances that serve more than one call: whose calls, how many, and what makes an instance be dropped. `served` answers
//! how many calls its instance has served.

use std::time::Duration;

use patchbay_tests::component::built;
use patchbay_tests::deployment::Builder;
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};

use crate::{PLUGIN, Stage};

const DROPPED_MAX: Duration = Duration::from_secs(30);

fn reuse(word: &str) -> Builder {
    Deployment::builder().toml(&format!("plugin.instances.reuse = \"{word}\""))
}

impl Stage {
    /// What the call of this tenant is told by its instance.
    async fn told(&self, deed: &str) -> String {
        let answer = self.flavor(deed).await;
        assert_eq!(answer.code, 0, "{deed}: {}", answer.msg);
        answer.name
    }

    /// Waits until so many instances are kept.
    async fn keeps(&self, count: u64) {
        wait_for("the number of warm instances", DROPPED_MAX, async || {
            (self.host.metrics().await.sum("patchbay_instances_kept", &[]) == count).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn an_instance_serves_one_tenant_and_no_other() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    let other = stage.neighbour("other").await;
    assert_eq!(stage.told("remember-a-secret").await, "nothing");
    assert_eq!(stage.told("served").await, "2", "by default an instance serves its tenant again");
    for _ in 0..3 {
        let answer = stage.flavor_for(&other, stage.host.grpc(), "remember-mine").await;
        assert!(["nothing", "mine"].contains(&answer.name.as_str()), "{answer:?}");
    }
    assert_eq!(stage.told("remember-more").await, "a-secret");
}

#[tokio::test]
async fn where_the_operator_says_so_it_serves_everybody() {
    needs_cloudsim!();
    let stage = Stage::hostile(reuse("generation")).await;
    let other = stage.neighbour("other").await;
    assert_eq!(stage.told("remember-a-word").await, "nothing");
    let answer = stage.flavor_for(&other, stage.host.grpc(), "remember-x").await;
    assert_eq!(answer.name, "a-word");
}

#[tokio::test]
async fn where_the_operator_says_so_it_serves_nobody_again() {
    needs_cloudsim!();
    let stage = Stage::hostile(reuse("never")).await;
    for _ in 0..3 {
        assert_eq!(stage.told("served").await, "1");
    }
    stage.keeps(0).await;
}

#[tokio::test]
async fn it_serves_so_many_calls() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.instances.uses_max = 3")).await;
    let mut told = Vec::new();
    for _ in 0..7 {
        told.push(stage.told("served").await);
    }
    assert_eq!(told, ["1", "2", "3", "1", "2", "3", "1"]);
}

#[tokio::test]
async fn one_that_traps_or_hits_a_bound_serves_nobody_again() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.call_ms_max = 2000")).await;
    for deed in ["panic", "recurse", "grow", "spin", "sleep", "nap-2000"] {
        assert_eq!(stage.told("served").await, "1", "before {deed}");
        assert_ne!(stage.flavor(deed).await.code, 0, "{deed}");
    }
    assert_eq!(stage.told("served").await, "1");
}

#[tokio::test]
async fn one_that_leaves_something_begun_serves_nobody_again() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    for deed in ["begin", "hold_back", "begin"] {
        assert_eq!(stage.told("served").await, "1", "before {deed}");
        assert_eq!(stage.told(deed).await, deed);
    }
}

#[tokio::test]
async fn one_that_has_given_something_up_serves_again() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    for served in ["1", "3", "5"] {
        assert_eq!(stage.told("served").await, served);
        assert_eq!(stage.told("give_up").await, "give_up");
    }
}

/// What they leave behind is nothing, so one instance is enough for calls that come one after the other.
#[tokio::test]
async fn the_built_plugins_leave_nothing_behind() {
    needs_cloudsim!();
    let stage = Stage::start(Deployment::builder()).await;
    for _ in 0..3 {
        assert_eq!(stage.flavor("none").await.code, 5);
        stage.keeps(1).await;
    }
}

#[tokio::test]
async fn one_that_grows_call_by_call_is_dropped_at_the_bound() {
    needs_cloudsim!();
    let stage =
        Stage::hostile(Deployment::builder().toml("plugin.instances.growth_bytes_max = 3500000")).await;
    for _ in 0..2 {
        for (deed, served) in [("served", "1"), ("leak-1", "leak-1"), ("served", "3"), ("leak-1", "leak-1")] {
            assert_eq!(stage.told(deed).await, served);
        }
        assert_eq!(stage.told("served").await, "5", "it is within the bound");
        assert_eq!(stage.told("leak-2").await, "leak-2");
    }
}

#[tokio::test]
async fn so_many_are_kept_and_the_one_unused_for_longest_goes_first() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.instances.kept_max = 2")).await;
    let (other, third) = (stage.neighbour("other").await, stage.neighbour("third").await);
    let mut served = Vec::new();
    for tenant in [&stage.tenant, &other, &stage.tenant, &third, &stage.tenant, &other] {
        served.push(stage.flavor_for(tenant, stage.host.grpc(), "served").await.name);
    }
    assert_eq!(served, ["1", "1", "2", "1", "3", "1"]);
    stage.keeps(2).await;
}

#[tokio::test]
async fn one_that_serves_nobody_for_long_gives_its_memory_back() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.instances.idle_ms = 300")).await;
    assert_eq!(stage.told("served").await, "1");
    stage.keeps(0).await;
    assert_eq!(stage.told("served").await, "1");
}

#[tokio::test]
async fn those_of_a_plugin_that_is_replaced_go_with_it() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.instances.idle_ms = 600000")).await;
    assert_eq!(stage.told("served").await, "1");
    stage.keeps(1).await;
    stage.install(&built(PLUGIN));
    stage.keeps(0).await;
}
