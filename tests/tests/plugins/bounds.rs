//! What one plugin may use: each bound, with a small limit.

use std::time::Duration;

use patchbay_tests::{Deployment, needs_cloudsim, wait_for};

use crate::backend::Backend;
use crate::{Stage, with_backend};

const QUEUED_MAX: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_full_queue_refuses_the_next_call() {
    needs_cloudsim!();
    let backend = Backend::start(1).await;
    let builder = Deployment::builder().toml("plugin = { calls_max = 1, queue_max = 1 }");
    let stage = Stage::hostile(with_backend(builder, &backend.url)).await;
    let at_work = tokio::spawn(stage.flavor("hold"));
    backend.holds(1).await;
    let queued = tokio::spawn(stage.flavor("x"));
    wait_for("a call in the queue", QUEUED_MAX, async || {
        let metrics = stage.host.metrics().await;
        let compute = |name| metrics.sum(name, &[("domain", "compute")]);
        ((compute("patchbay_queued"), compute("patchbay_instances")) == (1, 1)).then_some(())
    })
    .await;
    let refused = stage.flavor("x").await;
    assert_eq!(refused.code, 14, "{}", refused.msg);
    backend.release();
    assert_eq!((at_work.await.unwrap().code, queued.await.unwrap().code), (0, 0));
}

#[tokio::test]
async fn a_call_has_so_many_upstream_calls_at_once() {
    needs_cloudsim!();
    let backend = Backend::start(4).await;
    let builder = Deployment::builder().toml("plugin.upstream_calls_max = 4");
    let stage = Stage::hostile(with_backend(builder, &backend.url)).await;
    let answer = stage.flavor("crowd-400").await;
    assert_eq!((answer.code, answer.name.as_str()), (0, "400"), "{}", answer.msg);
    assert_eq!(backend.at_once_max(), 4);
}

#[tokio::test]
async fn a_call_has_so_many_storage_calls_at_once() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.storage_calls_max = 4")).await;
    for _ in 0..2 {
        let answer = stage.flavor("shelf-400").await;
        assert_eq!((answer.code, answer.name.as_str()), (0, "4"), "{}", answer.msg);
    }
    assert_eq!(stage.flavor("shelf-4").await.name, "4");
}

#[tokio::test]
async fn a_call_writes_so_many_lines() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.log_lines_max = 3")).await;
    let answer = stage.flavor("log-1000").await;
    assert_eq!(answer.code, 0);
    let left_out = |line: &serde_json::Value| {
        line["request_id"] == *answer.request_id
            && line["message"].as_str().is_some_and(|text| text.contains("plugin.log_lines_max"))
    };
    stage.host.line(left_out).await;
    let lines = stage.host.log().into_iter().filter(|line| line["request_id"] == *answer.request_id);
    let own = lines.filter(|line| line["message"].as_str().is_some_and(|text| text.starts_with("line ")));
    assert_eq!(own.count(), 3);
}

#[tokio::test]
async fn a_cached_value_has_so_many_bytes() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.cache_value_bytes_max = 1000")).await;
    assert_eq!(stage.flavor("cache-1000").await.name, "1000");
    assert_eq!(stage.flavor("cache-1001").await.name, "0");
}

#[tokio::test]
async fn a_tenant_has_so_many_cached_bytes() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.cache_bytes_per_tenant_max = 2500")).await;
    let other = stage.neighbour("other").await;
    for (bytes, kept) in [(1000, "1000"), (1001, "1001"), (1002, "0"), (200, "200")] {
        assert_eq!(stage.flavor(&format!("cache-{bytes}")).await.name, kept);
    }
    assert_eq!(stage.flavor_for(&other, stage.host.grpc(), "cache-1002").await.name, "1002");
}

#[tokio::test]
async fn an_upstream_that_is_not_granted_is_out_of_reach() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    let answer = stage.flavor("stray").await;
    assert_eq!(answer.code, 12, "{}", answer.msg);
    assert!(!answer.msg.contains("nobody-granted-this"), "{}", answer.msg);
    assert_eq!(stage.flavor("hold").await.code, 12);
}
