//! The worst that a plugin does to itself, while the plugin of another domain answers as before. What a caller of the
//! bad one gets is in `runaway` and `bounds`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_proto::vpc::GetVpcInfoReq;
use patchbay_proto::vpc::vpc_service_client::VpcServiceClient;
use patchbay_tests::component::{built, guest};
use patchbay_tests::{Deployment, needs_cloudsim};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{PLUGIN, Stage, route};

/// Callers of the bad plugin at once.
const CALLERS: usize = 4;
/// Calls of the other domain, one after the other.
const CALLS: usize = 101;
/// How much longer half of those may take meanwhile. A call of under a millisecond waits a few times for a guest that
/// may compute for 10 ms at a stretch; where nobody makes room for it, it takes a thousand times as long.
const RATIO_MAX: f64 = 200.0;

impl Stage {
    /// Asks the network plugin for what is not there, again and again. How long half of the calls took at most.
    async fn elsewhere(&self) -> Duration {
        let mut client = VpcServiceClient::new(self.host.grpc());
        let mut took = Vec::new();
        for _ in 0..CALLS {
            let request = GetVpcInfoReq { vpc_id: Uuid::new_v4().to_string(), ..self.tenant.request() };
            let began = Instant::now();
            let answer = client.get_vpc_info(request).await.expect("an answer").into_inner();
            took.push(began.elapsed());
            assert_eq!(answer.code, 5, "{}", answer.msg);
        }
        took.sort_unstable();
        took[CALLS / 2]
    }

    /// The same while callers have the compute plugin do `deed` without rest, which ends with `code`.
    async fn elsewhere_during(self: &Arc<Self>, deed: &'static str, code: i32) -> Duration {
        let (enough, mut callers) = (CancellationToken::new(), JoinSet::new());
        for _ in 0..CALLERS {
            let (enough, stage) = (enough.clone(), Arc::clone(self));
            callers.spawn(async move {
                while !enough.is_cancelled() {
                    assert_eq!(stage.flavor(deed).await.code, code, "{deed}");
                }
            });
        }
        let took = self.elsewhere().await;
        enough.cancel();
        callers.join_all().await;
        took
    }
}

#[tokio::test]
async fn another_domain_is_answered_whatever_a_plugin_does() {
    needs_cloudsim!();
    let stage = Arc::new(Stage::hostile(Deployment::builder()).await);
    let quiet = stage.elsewhere().await;
    for (deed, code) in [
        ("spin", 13),
        ("grow", 13),
        ("recurse", 13),
        ("panic", 13),
        // More than its memory holds, and more than it may hand over.
        ("reply-100000000", 13),
        ("reply-10000000", 13),
        ("log-100000", 0),
    ] {
        let took = stage.elsewhere_during(deed, code).await;
        let ratio = took.as_secs_f64() / quiet.as_secs_f64();
        eprintln!("{deed}: {took:?}, {ratio:.1} times {quiet:?}");
        assert!(ratio <= RATIO_MAX, "{deed}: {took:?} instead of {quiet:?}");
    }
    assert_eq!(stage.flavor("x").await.name, "x");
}

#[tokio::test]
async fn a_large_answer_is_not_passed_on() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().toml("plugin.transfer_bytes_max = 10000")).await;
    let (fits, large) = (stage.flavor("reply-5000").await, stage.flavor("reply-10000").await);
    assert_eq!((fits.code, fits.name.len()), (0, 5_000), "{}", fits.msg);
    assert_eq!((large.code, large.name.as_str()), (13, ""), "{}", large.msg);
}

#[tokio::test]
async fn a_plugin_that_traps_on_every_call_can_be_replaced() {
    needs_cloudsim!();
    let builder = route(Deployment::builder(), |route| {
        route.insert("settings".to_owned(), toml::toml! { always = "panic" }.into());
    });
    let stage = Stage::hostile(builder).await;
    for _ in 0..CALLERS {
        assert_eq!(stage.flavor("x").await.code, 13);
    }
    stage.elsewhere().await;
    let traps = [("plugin", PLUGIN), ("reason", "trap")];
    assert_eq!(stage.host.metrics().await.sum("patchbay_traps_total", &traps), CALLERS as u64);
    stage.install(&built(PLUGIN));
    stage.serves(false).await;
}

#[tokio::test]
async fn a_plugin_that_traps_at_its_start_is_refused() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder()).await;
    stage.install(&guest("stillborn"));
    stage.refused("it traps at its start").await;
    assert_eq!(stage.flavor("x").await.name, "x");
}
