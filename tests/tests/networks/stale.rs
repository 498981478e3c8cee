//! Neutron's database has several nodes, and one that is behind does not know a new network or router yet.

use cloudsim::{Fault, Service};
use patchbay_proto::route::CreateRouterReq;
use patchbay_tests::{Scene, needs_cloudsim};
use serde_json::json;

use crate::call::Networks;

/// So many changes below this path find nothing there.
fn behind(scene: &Scene, path: &str) {
    let body =
        json!({"NeutronError": {"type": "NotFound", "message": "It could not be found.", "detail": ""}});
    let cloud = scene.deployment.cloudsim();
    cloud.clear_faults();
    cloud.fault(Fault::status(404, body).on(Service::Network, "PUT", path).times(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_seen_at_once_is_not_undone() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    behind(&scene, "/networks/");
    let made = scene.create_vpc("web", "10.41.0.0/24").await;
    assert_eq!(made.vpc_desc, "for tests");
    behind(&scene, "/routers/");
    let request = CreateRouterReq { vpc_ids: vec![made.vpc_id.clone()], ..scene.new_router("edge") };
    assert_eq!(scene.create_router(request).await.subnets.len(), 1);
}
