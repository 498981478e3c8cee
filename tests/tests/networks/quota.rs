//! A tenant whose quota is used up: told as that, and nothing is left of what was refused.

use patchbay_proto::route::CreateRouterReq;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Scene, wait_for};

use crate::call::{Networks, router};
use crate::routes::route;

const QUOTA: i32 = 8;

async fn counts(scene: &Scene) -> [usize; 4] {
    let mut counts = [0; 4];
    for (count, kind) in counts.iter_mut().zip(["networks", "subnets", "routers", "ports"]) {
        *count = scene.owned(kind).await.len();
    }
    counts
}

/// The answer says that the quota is used up, and there comes to be no more than there was.
async fn is_over(scene: &Scene, what: &str, (code, msg): (i32, String), before: [usize; 4]) {
    assert_eq!(code, QUOTA, "{what}: {msg}");
    assert!(msg.contains("quota"), "{what}: {msg}");
    wait_for(&format!("nothing more after {what}"), END_MAX, async || {
        (counts(scene).await == before).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_is_used_up_is_told_as_that() {
    let scene = Scene::start().await;
    let vpc = scene.create_vpc("net-1", "10.1.0.0/24").await.vpc_id;
    let edge = scene.create_router(CreateRouterReq { vpc_ids: vec![vpc], ..scene.new_router("edge") }).await;
    let before = counts(&scene).await;

    let create_vpc = async || {
        let answer =
            scene.vpcs().create_vpc(scene.new_vpc("net-3", "10.3.0.0/24")).await.unwrap().into_inner();
        (answer.code, answer.msg)
    };
    scene.admin.limit(&scene.project, "subnet", 1).await;
    is_over(&scene, "a subnet", create_vpc().await, before).await;
    scene.admin.limit(&scene.project, "network", 1).await;
    is_over(&scene, "a network", create_vpc().await, before).await;

    let create_router = async || {
        let request = scene.new_router("second");
        let answer = scene.routers().create_router(request).await.unwrap().into_inner();
        (answer.code, answer.msg)
    };
    scene.admin.limit(&scene.project, "router", 1).await;
    is_over(&scene, "a router", create_router().await, before).await;

    scene.admin.limit(&scene.project, "router_route", 1).await;
    let routes = [route("192.168.0.0/16", "10.1.0.7"), route("172.16.0.0/12", "10.1.0.7")];
    let one = router(scene.set_routes(&scene.tenant, &edge.router_id, &routes[..1]).await);
    let answer = scene.set_routes(&scene.tenant, &edge.router_id, &routes).await;
    is_over(&scene, "a route", (answer.code, answer.msg), before).await;
    assert_eq!(scene.get_router(&scene.tenant, &edge.router_id).await.router, Some(one));
    scene.admin.unlimited(&scene.project).await;
}
