//! A tenant whose quota is used up: told as that, and nothing is left of what was refused.

use patchbay::proto::route::CreateRouterReq;
use patchbay_tests::wait_for;
use reqwest::Method;
use serde_json::json;

use crate::cloud::{END_MAX, Scene, router};
use crate::routes::route;

const QUOTA: i32 = 8;

impl Scene {
    /// The project may have this many.
    async fn limit(&self, kind: &str, count: usize) {
        let quota = Some(json!({"quota": {kind: count}}));
        let path = format!("/quotas/{}", self.project);
        let answer = self.admin.ask(Method::PUT, "network", &path, quota).await;
        assert_eq!(answer["quota"][kind], count, "{answer}");
    }

    /// Back to what every project may have, which outlives the project.
    async fn unlimited(&self) {
        self.admin.ask(Method::DELETE, "network", &format!("/quotas/{}", self.project), None).await;
    }

    async fn counts(&self) -> [usize; 4] {
        let mut counts = [0; 4];
        for (count, kind) in counts.iter_mut().zip(["networks", "subnets", "routers", "ports"]) {
            *count = self.found(kind).await.len();
        }
        counts
    }

    /// The answer says that the quota is used up, and there comes to be no more than there was.
    async fn is_over(&self, what: &str, (code, msg): (i32, String), before: [usize; 4]) {
        assert_eq!(code, QUOTA, "{what}: {msg}");
        assert!(msg.contains("quota"), "{what}: {msg}");
        wait_for(&format!("nothing more after {what}"), END_MAX, async || {
            (self.counts().await == before).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_is_used_up_is_told_as_that() {
    let scene = Scene::start().await;
    let vpc = scene.create_vpc("net-1", "10.1.0.0/24").await.vpc_id;
    let edge = scene.create_router(CreateRouterReq { vpc_ids: vec![vpc], ..scene.new_router("edge") }).await;
    let before = scene.counts().await;

    let create_vpc = async || {
        let answer =
            scene.vpcs().create_vpc(scene.new_vpc("net-3", "10.3.0.0/24")).await.unwrap().into_inner();
        (answer.code, answer.msg)
    };
    scene.limit("subnet", 1).await;
    scene.is_over("a subnet", create_vpc().await, before).await;
    scene.limit("network", 1).await;
    scene.is_over("a network", create_vpc().await, before).await;

    let create_router = async || {
        let request = scene.new_router("second");
        let answer = scene.routers().create_router(request).await.unwrap().into_inner();
        (answer.code, answer.msg)
    };
    scene.limit("router", 1).await;
    scene.is_over("a router", create_router().await, before).await;

    scene.limit("router_route", 1).await;
    let routes = [route("192.168.0.0/16", "10.1.0.7"), route("172.16.0.0/12", "10.1.0.7")];
    let one = router(scene.set_routes(&scene.tenant, &edge.router_id, &routes[..1]).await);
    let answer = scene.set_routes(&scene.tenant, &edge.router_id, &routes).await;
    scene.is_over("a route", (answer.code, answer.msg), before).await;
    assert_eq!(scene.get_router(&scene.tenant, &edge.router_id).await.router, Some(one));
    scene.unlimited().await;
}
