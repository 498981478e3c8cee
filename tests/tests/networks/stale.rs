//! Neutron's database has several nodes, and one that is behind does not know a new network or router yet. So what it does not
//! find is neither undone nor deleted.

use cloudsim::{Fault, Service};
use patchbay_proto::route::CreateRouterReq;
use patchbay_tests::{Scene, needs_cloudsim};
use serde_json::{Value, json};

use crate::call::Networks;

/// Requests with this method below this path find nothing there, twice after so many.
fn behind(scene: &Scene, method: &str, path: &str, skip: u32) {
    let body =
        json!({"NeutronError": {"type": "NotFound", "message": "It could not be found.", "detail": ""}});
    let cloud = scene.deployment.cloudsim();
    cloud.fault(Fault::status(404, body).on(Service::Network, method, path).skip(skip).times(2));
}

/// Each node that was to be behind has been asked.
fn all_behind(scene: &Scene) {
    assert_eq!(scene.deployment.cloudsim().unused_faults(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_seen_at_once_is_not_undone() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    behind(&scene, "PUT", "/networks/", 0);
    let made = scene.create_vpc("web", "10.41.0.0/24").await;
    assert_eq!(made.vpc_desc, "for tests");
    all_behind(&scene);
    behind(&scene, "PUT", "/routers/", 0);
    let request = CreateRouterReq { vpc_ids: vec![made.vpc_id.clone()], ..scene.new_router("edge") };
    assert_eq!(scene.create_router(request).await.subnets.len(), 1);
    all_behind(&scene);
}

/// A router with the VPC's subnet.
async fn router(scene: &Scene, vpc: &str) -> String {
    let request = CreateRouterReq { vpc_ids: vec![vpc.to_owned()], ..scene.new_router("edge") };
    scene.create_router(request).await.router_id
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_seen_is_deleted_all_the_same() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let vpc = scene.create_vpc("web", "10.42.0.0/24").await.vpc_id;
    // The first look is before anything is deleted.
    for (method, path, skip) in
        [("GET", "/routers/", 1), ("PUT", "/remove_router_interface", 0), ("DELETE", "/routers/", 0)]
    {
        let id = router(&scene, &vpc).await;
        behind(&scene, method, path, skip);
        let deleted = scene.delete_router(&scene.tenant, &id).await;
        assert_eq!(deleted.code, 0, "{method} {path}: {}", deleted.msg);
        all_behind(&scene);
        assert_eq!(scene.owned("routers").await, Vec::<Value>::new(), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subnet_that_is_not_seen_is_detached_all_the_same() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let vpc = scene.create_vpc("web", "10.43.0.0/24").await.vpc_id;
    let id = router(&scene, &vpc).await;
    behind(&scene, "PUT", "/remove_router_interface", 0);
    let detached = crate::call::router(scene.detach(&scene.tenant, &id, &vpc, "").await);
    assert_eq!(detached.subnets, []);
    all_behind(&scene);
}
