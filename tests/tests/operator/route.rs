//! Who answers: switched over and back by hand, shared out by weight, pinned by tenant.

use std::collections::BTreeSet;

use futures::future::join_all;
use patchbay_proto::plugin::set_route_request::{Pin, Weight};
use patchbay_proto::plugin::{ActivateRequest, Generation, RollbackRequest, SetRouteRequest};
use patchbay_tests::{Deployment, needs_cloudsim};
use tonic::{Code, Status};

use crate::{Stage, Who, who};

/// So many that both generations of a half-and-half line have some, but for once in eight million.
const TENANTS: usize = 24;

impl Stage {
    async fn activate(&self, generation: u64) -> Result<Generation, Status> {
        let request = self.deployment.operator(ActivateRequest { generation });
        Ok(self.plugins().activate(request).await?.into_inner().generation.unwrap())
    }

    async fn roll_back(&self) -> Result<Generation, Status> {
        let request = RollbackRequest { domain: "compute".to_owned(), region: String::new() };
        let answer = self.plugins().rollback(self.deployment.operator(request)).await?;
        Ok(answer.into_inner().generation.unwrap())
    }

    /// On the compute line.
    async fn share(&self, weights: &[(u64, u32)], pins: &[(&str, u64)]) -> Result<Vec<Generation>, Status> {
        let weights =
            weights.iter().map(|(generation, weight)| Weight { generation: *generation, weight: *weight });
        let pins =
            pins.iter().map(|(id, generation)| Pin { tenant_id: (*id).to_owned(), generation: *generation });
        let request = SetRouteRequest {
            domain: "compute".to_owned(),
            region: String::new(),
            weights: weights.collect(),
            pins: pins.collect(),
        };
        Ok(self.plugins().set_route(self.deployment.operator(request)).await?.into_inner().generations)
    }
}

#[tokio::test]
async fn calls_go_back_and_forth_between_generations() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let nova = stage.nova().await;
    let hostile = stage.load_hostile().await;
    assert_eq!(stage.who().await, Who::Hostile);

    let back = stage.roll_back().await.unwrap();
    assert_eq!((back.number, back.state.as_str()), (nova.number, "active"));
    assert_eq!(stage.who().await, Who::Nova);
    assert_eq!(stage.file().as_str(), nova.digest, "the next start begins with it");

    let forth = stage.activate(hostile.number).await.unwrap();
    assert_eq!((forth.number, forth.state.as_str()), (hostile.number, "active"));
    assert_eq!(stage.who().await, Who::Hostile);
    assert_eq!(stage.file().as_str(), hostile.digest);
}

#[tokio::test]
async fn weights_share_tenants_out_and_each_stays_where_it_is() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let nova = stage.nova().await.number;
    let hostile = stage.load_hostile().await.number;
    let mut tenants = Vec::new();
    for number in 0..TENANTS {
        tenants.push(stage.deployment.tenant(&format!("tenant-{number}")).await);
    }
    let answers = async || {
        let asked = tenants.iter().map(|tenant| who(stage.deployment.grpc(), tenant));
        join_all(asked).await
    };
    for (weights, expected) in [
        (&[(nova, 1), (hostile, 0)][..], &[Who::Nova][..]),
        (&[(hostile, 1)], &[Who::Hostile]),
        (&[(nova, 50), (hostile, 50)], &[Who::Nova, Who::Hostile]),
    ] {
        let line = stage.share(weights, &[]).await.unwrap();
        for (number, weight) in weights {
            let set = line.iter().find(|generation| generation.number == *number).unwrap();
            assert_eq!(set.weight, *weight, "{set:?}");
        }
        let first = answers().await;
        let seen: BTreeSet<_> = first.iter().map(|who| format!("{who:?}")).collect();
        let expected: BTreeSet<_> = expected.iter().map(|who| format!("{who:?}")).collect();
        assert_eq!(seen, expected, "{weights:?}");
        assert_eq!(answers().await, first, "{weights:?}");
    }
}

#[tokio::test]
async fn a_pinned_tenant_stays_where_it_is_pinned() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let nova = stage.nova().await.number;
    stage.load_hostile().await;
    let other = stage.deployment.tenant("other").await;
    stage.share(&[], &[(&stage.tenant.id, nova)]).await.unwrap();
    assert_eq!(stage.generation(nova).await.pins, std::slice::from_ref(&stage.tenant.id));
    assert_eq!(stage.who().await, Who::Nova);
    assert_eq!(who(stage.deployment.grpc(), &other).await, Who::Hostile);

    stage.share(&[], &[(&stage.tenant.id, 0)]).await.unwrap();
    assert_eq!(stage.generation(nova).await.pins, [""; 0]);
    assert_eq!(stage.who().await, Who::Hostile);
}

#[tokio::test]
async fn so_many_tenants_may_be_pinned() {
    needs_cloudsim!();
    let stage = Stage::with(Deployment::builder().toml("plugin.pins_max = 1")).await;
    let nova = stage.nova().await.number;
    let other = stage.deployment.tenant("globex").await;
    let pins = [(stage.tenant.id.as_str(), nova), (other.id.as_str(), nova)];
    let refused = stage.share(&[], &pins).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(refused.message().contains("plugin.pins_max"), "{}", refused.message());
    assert_eq!(stage.nova().await.pins, Vec::<String>::new());
    stage.share(&[], &pins[..1]).await.unwrap();
    assert_eq!(stage.nova().await.pins, [stage.tenant.id.as_str()]);
}
