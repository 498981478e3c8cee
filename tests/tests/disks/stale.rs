//! Looks that prove nothing: one at another node of Cinder's database, which is behind, and an answer that is not Cinder's. The
//! change is there, and the call succeeds.

use cloudsim::{Effect, Fault, Service};
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Scene, needs_cloudsim, wait_for};
use serde_json::{Value, json};

use crate::UNAVAILABLE;
use crate::call::{Disks, shown, size};

/// Looks at volumes show this for a while, after so many that do not.
fn behind(scene: &Scene, skip: u32, status: u16, body: Value) {
    let cloud = scene.deployment.cloudsim();
    cloud.fault(Fault::status(status, body).on(Service::Volume, "GET", "/volumes/").skip(skip).times(2));
}

/// Each look that was to be behind has been.
fn all_behind(scene: &Scene) {
    assert_eq!(scene.deployment.cloudsim().unused_faults(), []);
}

fn absent(id: &str) -> Value {
    json!({"itemNotFound": {"code": 404, "message": format!("Volume {id} could not be found.")}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_is_behind_undoes_nothing() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let tenant = &scene.tenant;
    let instance = scene.instance("web").await;

    behind(&scene, 0, 404, absent("new"));
    let id = shown(scene.create(scene.new_disk(1)).await).volume_id;
    all_behind(&scene);

    behind(&scene, 0, 200, json!({"volume": scene.volume(&id).await}));
    let grown = scene.resize(tenant, &id, size(2)).await;
    assert_eq!(shown(grown).cloud_disk_conf.unwrap().size_in_g, 2);
    all_behind(&scene);

    behind(&scene, 1, 200, json!({"volume": scene.volume(&id).await}));
    assert_eq!(shown(scene.operate(tenant, &id, "attach", &instance).await).attach_instance_id, instance);
    all_behind(&scene);

    behind(&scene, 1, 200, json!({"volume": scene.volume(&id).await}));
    assert_eq!(shown(scene.operate(tenant, &id, "detach", &instance).await).volume_status, "available");
    all_behind(&scene);

    behind(&scene, 1, 200, json!({"volume": scene.volume(&id).await}));
    let deleted = scene.delete(tenant, &id).await;
    assert_eq!(deleted.code, 0, "{}", deleted.msg);
    all_behind(&scene);
    assert!(scene.volumes().await.iter().all(|volume| volume["id"] != id.as_str()), "it is gone");
}

/// A node that does not know a new disk yet has deleted nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_not_seen_is_deleted_all_the_same() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let id = scene.disk(1).await.volume_id;
    let cloud = scene.deployment.cloudsim();
    cloud.fault(Fault::status(404, absent(&id)).on(Service::Volume, "DELETE", "/volumes/").times(2));
    let deleted = scene.delete(&scene.tenant, &id).await;
    assert_eq!(deleted.code, 0, "{}", deleted.msg);
    all_behind(&scene);
    wait_for("the disk to be gone", END_MAX, async || scene.volumes().await.is_empty().then_some(())).await;
}

/// What stays as it is for longer than a node can be behind has failed.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_never_seen_has_failed() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let id = scene.disk(1).await.volume_id;
    let cloud = scene.deployment.cloudsim();
    let before = json!({"volume": scene.volume(&id).await});
    cloud.fault(Fault::status(200, before).on(Service::Volume, "GET", "/volumes/"));
    let answer = scene.resize(&scene.tenant, &id, size(2)).await;
    cloud.clear_faults();
    assert_eq!(answer.code, 13, "{}", answer.msg);
    assert!(answer.msg.contains("it is available with 1 GiB"), "{}", answer.msg);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proxy_does_not_find_is_not_gone() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let id = scene.disk(1).await.volume_id;
    let cloud = scene.deployment.cloudsim();
    let stranger = Effect::Status { status: 404, body: json!("default backend - 404"), headers: [].into() };

    // On the delete, and on the look that follows it.
    cloud.fault(Fault::once(stranger.clone()).on(Service::Volume, "DELETE", "/volumes/"));
    cloud.fault(
        Fault { effect: stranger.clone(), ..Fault::default() }
            .on(Service::Volume, "GET", "/volumes/")
            .skip(1)
            .times(3),
    );
    let deleted = scene.delete(&scene.tenant, &id).await;
    let is_there = scene.volumes().await.iter().any(|volume| volume["id"] == id.as_str());
    assert_eq!((deleted.code, is_there), (UNAVAILABLE, true), "{}", deleted.msg);
    all_behind(&scene);

    // On polls alone, for longer than they are repeated at once.
    cloud.clear_faults();
    cloud.fault(
        Fault { effect: stranger, ..Fault::default() }
            .on(Service::Volume, "GET", "/volumes/")
            .skip(1)
            .times(7),
    );
    let deleted = scene.delete(&scene.tenant, &id).await;
    assert_eq!(deleted.code, 0, "{}", deleted.msg);
    wait_for("the disk to be gone", END_MAX, async || scene.volumes().await.is_empty().then_some(())).await;
}
