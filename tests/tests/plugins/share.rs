//! A tenant has a share of a domain's places and of its queue: however slowly its backend answers, others get in.

use std::time::Duration;

use patchbay_tests::{Deployment, needs_cloudsim, wait_for};
use tokio::task::JoinSet;

use crate::backend::Backend;
use crate::{Answer, Stage, with_backend};

/// More than a whole domain lets in.
const CALLS: usize = 1_400;
/// Connections on which they come.
const CONNECTIONS: usize = 4;
/// `plugin.calls_per_tenant_max` and `plugin.queue_per_tenant_max`, where they are not configured.
const SHARE: usize = 32;
const QUEUE_SHARE: usize = 256;
const RESOURCE_EXHAUSTED: i32 = 8;
const QUEUED_MAX: Duration = Duration::from_secs(30);

impl Stage {
    /// So many calls of the tenant's at once, which the backend holds if they come so far.
    fn crowd(&self, calls: usize) -> JoinSet<Answer> {
        let channels: Vec<_> = (0..CONNECTIONS).map(|_| self.host.grpc()).collect();
        let channels = channels.iter().cycle().take(calls);
        channels.map(|channel| self.flavor_for(&self.tenant, channel.clone(), "hold")).collect()
    }

    /// Waits until so many compute calls wait for a place.
    async fn queued(&self, calls: usize) {
        wait_for("calls in the queue", QUEUED_MAX, async || {
            let queued = self.host.metrics().await.sum("patchbay_queued", &[("domain", "compute")]);
            (queued == calls as u64).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tenants_slow_calls_leave_room_for_the_others() {
    needs_cloudsim!();
    let backend = Backend::start(1).await;
    let stage = Stage::hostile(with_backend(Deployment::builder(), &backend.url)).await;
    let other = stage.neighbour("other").await;
    let mut crowd = stage.crowd(CALLS);
    for _ in SHARE + QUEUE_SHARE..CALLS {
        let refused = crowd.join_next().await.unwrap().unwrap();
        assert_eq!(refused.code, RESOURCE_EXHAUSTED, "{}", refused.msg);
        assert!(refused.msg.contains("this tenant"), "{}", refused.msg);
    }
    backend.holds(SHARE).await;
    stage.queued(QUEUE_SHARE).await;
    for _ in 0..SHARE {
        let answer = stage.flavor_for(&other, stage.host.grpc(), "x").await;
        assert_eq!((answer.code, answer.name.as_str()), (0, "x"), "another tenant: {}", answer.msg);
    }
    assert_eq!(backend.held(), SHARE, "no more of the first tenant's");
    let kept = stage.flavor("x").await;
    assert_eq!(kept.code, RESOURCE_EXHAUSTED, "its own calls: {}", kept.msg);
    backend.release();
    for answer in crowd.join_all().await {
        assert_eq!((answer.code, answer.name.as_str()), (0, "released"), "{}", answer.msg);
    }
    stage.queued(0).await;
    assert_eq!(stage.flavor("x").await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_that_wait_take_turns() {
    needs_cloudsim!();
    let backend = Backend::start(1).await;
    let bounds =
        "plugin = { calls_max = 1, calls_per_tenant_max = 1, queue_max = 100, queue_per_tenant_max = 50 }";
    let builder = with_backend(Deployment::builder().toml(bounds), &backend.url);
    let stage = Stage::hostile(builder).await;
    let other = stage.neighbour("other").await;
    let mut crowd = stage.crowd(51);
    backend.holds(1).await;
    stage.queued(50).await;
    let waiting = tokio::spawn(stage.flavor_for(&other, stage.host.grpc(), "hold"));
    stage.queued(51).await;
    backend.let_go();
    backend.holds(2).await;
    backend.let_go();
    assert_eq!(waiting.await.unwrap().code, 0);
    let answered = std::iter::from_fn(|| crowd.try_join_next()).count();
    assert!(answered <= 1, "{answered} of those that came before were answered before it");
    backend.release();
    while let Some(answer) = crowd.join_next().await {
        assert_eq!(answer.unwrap().code, 0);
    }
}
