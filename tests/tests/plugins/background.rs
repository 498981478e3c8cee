//! Guests that compute for long leave the host's own threads, and have one of the background's at a time.

use std::time::Duration;

use patchbay_proto::vpc::GetVpcInfoReq;
use patchbay_proto::vpc::vpc_service_client::VpcServiceClient;
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{PLUGIN, Stage};

const SPINNING: usize = 64;
const BACKGROUND_MAX: Duration = Duration::from_secs(30);

impl Stage {
    async fn in_background(&self) -> u64 {
        self.host.metrics().await.sum("patchbay_background", &[("domain", "compute")])
    }

    /// Another domain is asked for what is not there.
    async fn vpc(&self) {
        let request = GetVpcInfoReq { vpc_id: Uuid::new_v4().to_string(), ..self.tenant.request() };
        let answer = VpcServiceClient::new(self.host.grpc()).get_vpc_info(request).await.expect("an answer");
        assert_eq!(answer.into_inner().code, 5);
    }
}

#[tokio::test]
async fn others_are_answered_before_any_of_64_that_spin_has_ended() {
    needs_cloudsim!();
    // All of them are one tenant's.
    let bounds = "plugin = { background_threads = 1, calls_per_tenant_max = 128 }";
    let stage = Stage::hostile(Deployment::builder().toml(bounds)).await;
    stage.vpc().await;
    let mut spinning = JoinSet::new();
    (0..SPINNING).for_each(|_| drop(spinning.spawn(stage.flavor("spin"))));
    let all = async || (stage.in_background().await == SPINNING as u64).then_some(());
    wait_for("all of them in the background", BACKGROUND_MAX, all).await;
    // Each may compute for a second: with one thread for all of them, none ends before the others are near theirs.
    for _ in 0..20 {
        stage.vpc().await;
        assert_eq!(stage.flavor("x").await.name, "x", "of the same plugin");
    }
    assert!(spinning.try_join_next().is_none(), "they took turns, and the others went before them");
    let traps = [("plugin", PLUGIN), ("reason", "cpu")];
    assert_eq!(stage.host.metrics().await.sum("patchbay_traps_total", &traps), 0);
    assert!(stage.in_background().await >= SPINNING as u64);
}

#[tokio::test]
async fn who_waits_no_longer_leaves_the_background() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    let mut spinning = JoinSet::new();
    (0..8).for_each(|_| drop(spinning.spawn(stage.flavor("spin"))));
    let all = async || (stage.in_background().await == 8).then_some(());
    wait_for("all of them in the background", BACKGROUND_MAX, all).await;
    spinning.shutdown().await;
    let none = async || (stage.in_background().await == 0).then_some(());
    wait_for("none of them there", BACKGROUND_MAX, none).await;
    assert_eq!(stage.flavor("x").await.name, "x");
}
