//! A node of Neutron's database that does not know a group yet has deleted nothing.

use cloudsim::{Fault, Service};
use patchbay_tests::{Scene, needs_cloudsim};
use serde_json::json;

use crate::call::{SecurityGroups, shown, tcp};

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_not_seen_is_deleted_all_the_same() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let id = shown(scene.create("web", &[tcp(80, 80, "")]).await).security_group_id;
    let body = json!({"NeutronError": {"type": "SecurityGroupNotFound", "message": "It does not exist", "detail": ""}});
    let cloud = scene.deployment.cloudsim();
    cloud.fault(Fault::status(404, body).on(Service::Network, "DELETE", "/security-groups/").times(2));
    let deleted = scene.delete(&id).await;
    assert_eq!(deleted.code, 0, "{}", deleted.msg);
    assert_eq!(cloud.unused_faults(), []);
    assert!(scene.groups().await.is_empty(), "{:?}", scene.groups().await);
}
