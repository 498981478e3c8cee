//! Looks that prove nothing: one at another node of Nova's database, which is behind; a fault of before; an answer that is not
//! Nova's.

use cloudsim::{Fault, Service};
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_proto::instance::{GetInstanceReq, InstanceRes, OperateInstanceReq, UpdateInstanceFlavorReq};
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Scene, needs_cloudsim, wait_for};
use serde_json::{Value, json};

const LONG_AGO: &str = "2026-01-01T00:00:00Z";

/// Looks at servers show this for a while, after so many that do not.
fn behind(scene: &Scene, skip: u32, times: u32, status: u16, body: Value) {
    let cloud = scene.deployment.cloudsim();
    cloud.fault(Fault::status(status, body).on(Service::Compute, "GET", "/servers/").skip(skip).times(times));
}

fn server(status: &str, task: Option<&str>, fault: Option<&str>) -> Value {
    let mut server = json!({"id": "s", "status": status, "OS-EXT-STS:task_state": task, "updated": LONG_AGO,
        "flavor": {"original_name": "m1.tiny"}});
    if let Some(created) = fault {
        server["fault"] = json!({"code": 500, "created": created, "message": "No valid host was found. "});
    }
    json!({ "server": server })
}

/// Shows this at each look, for as long as the faults stay.
fn from_now_on(scene: &Scene, status: u16, body: Value) {
    scene.deployment.cloudsim().fault(Fault::status(status, body).on(Service::Compute, "GET", "/servers/"));
}

/// Each look that was to be behind has been.
fn all_behind(scene: &Scene) {
    assert_eq!(scene.deployment.cloudsim().unused_faults(), []);
}

async fn operate(scene: &Scene, id: &str, action: &str) -> (i32, String) {
    let request = OperateInstanceReq {
        instance_id: id.to_owned(),
        operate_type: action.to_owned(),
        ..scene.tenant.request()
    };
    let mut instances = InstanceServiceClient::new(scene.deployment.grpc());
    let answer = instances.operate_instance(request).await.unwrap().into_inner();
    all_behind(scene);
    scene.deployment.cloudsim().clear_faults();
    (answer.code, answer.msg)
}

async fn shown(scene: &Scene, id: &str) -> InstanceRes {
    let request = GetInstanceReq { instance_id: id.to_owned(), ..scene.tenant.request() };
    InstanceServiceClient::new(scene.deployment.grpc()).get_instance(request).await.unwrap().into_inner()
}

async fn is(scene: &Scene, id: &str, status: &str) {
    wait_for(&format!("the instance to be {status}"), END_MAX, async || {
        (shown(scene, id).await.instance?.instance_status == status).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_instance_that_is_not_seen_at_once_is_not_undone() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let absent = json!({"itemNotFound": {"code": 404, "message": "Instance s could not be found."}});
    behind(&scene, 0, 2, 404, absent);
    let id = scene.instance("one").await;
    all_behind(&scene);
    assert_eq!(shown(&scene, &id).await.code, 0);
    // Seven are more than one look repeats by itself.
    behind(&scene, 0, 7, 404, json!("default backend - 404"));
    let id = scene.instance("two").await;
    all_behind(&scene);
    assert_eq!(shown(&scene, &id).await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_ends_when_its_effect_is_seen() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let id = scene.instance("web").await;
    // The first look is before.
    behind(&scene, 1, 2, 200, server("ACTIVE", None, None));
    assert_eq!(operate(&scene, &id, "stop").await, (0, String::new()));
    is(&scene, &id, "SHUTOFF").await;
    behind(&scene, 1, 2, 200, server("SHUTOFF", None, None));
    assert_eq!(operate(&scene, &id, "start").await, (0, String::new()));
    is(&scene, &id, "ACTIVE").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_resize_is_not_reverted() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let id = scene.instance("web").await;
    let offer = scene.admin.offer().await;
    // Two looks come before Nova is asked.
    behind(&scene, 2, 2, 200, server("ACTIVE", None, None));
    let request = UpdateInstanceFlavorReq {
        instance_id: id.clone(),
        flavor_ref: offer.larger.clone(),
        ..scene.tenant.request()
    };
    let mut instances = InstanceServiceClient::new(scene.deployment.grpc());
    let answer = instances.update_instance_flavor(request).await.unwrap().into_inner();
    all_behind(&scene);
    scene.deployment.cloudsim().clear_faults();
    assert_eq!(answer.code, 0, "{}", answer.msg);
    let flavor = shown(&scene, &id).await.instance.unwrap().flavor.unwrap();
    assert_eq!(flavor.flavor_id, offer.larger);
}

/// Nova shows a server in ERROR that way until the reboot is done, with the fault of before.
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_before_is_not_the_actions() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let id = scene.instance("web").await;
    behind(&scene, 0, 1, 200, server("ERROR", None, Some(LONG_AGO)));
    behind(&scene, 0, 3, 200, server("ERROR", Some("reboot_started_hard"), Some(LONG_AGO)));
    assert_eq!(operate(&scene, &id, "hardreboot").await, (0, String::new()));

    from_now_on(&scene, 200, server("ERROR", None, Some(LONG_AGO)));
    let (code, msg) = operate(&scene, &id, "hardreboot").await;
    assert_eq!(code, 13, "{msg}");
    assert!(!msg.contains("room"), "an old fault is told: {msg}");

    behind(&scene, 0, 1, 200, server("ERROR", None, Some(LONG_AGO)));
    from_now_on(&scene, 200, server("ERROR", None, Some("2026-01-02T00:00:00Z")));
    let (code, msg) = operate(&scene, &id, "hardreboot").await;
    assert_eq!(code, 8, "{msg}");
    assert!(msg.contains("No valid host was found."), "{msg}");
}
