//! Volumes as no document shows them: an odd field is converted or empty, and the disk is shown.

use cloudsim::{Fault, Service};
use patchbay_tests::{Scene, needs_cloudsim};
use serde_json::{Value, json};

use crate::call::{Disks, shown};

/// Fields of a volume, the odd values, and the size and the instance of the disk that is shown.
fn table() -> Vec<(&'static str, Value, i32, bool)> {
    vec![
        ("attachments", json!(null), 2, false),
        ("attachments", json!({}), 2, false),
        ("attachments", json!([null, {"server_id": "s1", "device": null, "attached_at": null}]), 2, true),
        ("size", json!("3"), 3, false),
        ("size", json!(3.0), 3, false),
        ("size", json!(null), 0, false),
        ("name", json!(null), 2, false),
        ("created_at", json!(null), 2, false),
        ("created_at", json!(1_764_000_000), 2, false),
        ("volume_type", json!(["lvm"]), 2, false),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odd_field_of_a_volume_is_converted_or_empty() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let id = scene.disk(2).await.volume_id;
    let volume = scene.volume(&id).await;
    let cloud = scene.deployment.cloudsim();
    for (field, odd, size, attached) in table() {
        let mut volume = volume.clone();
        volume[field] = odd.clone();
        cloud.clear_faults();
        cloud.fault(Fault::status(200, json!({ "volume": volume })).on(Service::Volume, "GET", "/volumes/"));
        let disk = shown(scene.get(&scene.tenant, &id).await);
        assert_eq!((disk.volume_id.as_str(), disk.volume_status.as_str()), (id.as_str(), "available"));
        assert_eq!(disk.cloud_disk_conf.unwrap().size_in_g, size, "{field}: {odd}");
        assert_eq!(disk.attach_instance_id, if attached { "s1" } else { "" }, "{field}: {odd}");
    }
    cloud.clear_faults();
}

/// What Cinder shows while a volume is being attached is waited through.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_is_attached_though_its_attachments_are_null_meanwhile() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let instance = scene.instance("web").await;
    let id = scene.disk(1).await.volume_id;
    let mut volume = scene.volume(&id).await;
    (volume["status"], volume["attachments"]) = (json!("attaching"), json!(null));
    let meanwhile = Fault::status(200, json!({ "volume": volume })).on(Service::Volume, "GET", "/volumes/");
    // The first look is before.
    scene.deployment.cloudsim().fault(meanwhile.skip(1).times(2));
    let answer = scene.operate(&scene.tenant, &id, "attach", &instance).await;
    assert_eq!(answer.code, 0, "{}", answer.msg);
    scene.settled(&id, "in-use", |disk| disk.attach_instance_id == instance).await;
}

/// Cinder alone knows of the attachment: Nova has none to detach, and Cinder deletes no disk that has one.
#[tokio::test(flavor = "multi_thread")]
async fn a_stale_attachment_of_a_free_disk_is_mended_by_detaching() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let instance = scene.instance("web").await;
    let id = scene.disk(1).await.volume_id;
    assert!(scene.deployment.cloudsim().set_stale_attachment(&id, &instance));
    let refused = scene.delete(&scene.tenant, &id).await;
    assert!(refused.code == 9 && refused.msg.contains("detach it first"), "{}", refused.msg);
    // Nova is busy, or another one answers: neither says that it knows nothing of the disk.
    for (status, key) in
        [(409, "conflictingRequest"), (400, "badRequest"), (500, "computeFault"), (404, "proxy")]
    {
        let body = json!({key: {"code": status, "message": "Not now"}});
        let fault = Fault::status(status, body).on(Service::Compute, "DELETE", "/os-volume_attachments/");
        scene.deployment.cloudsim().fault(fault);
        assert_ne!(scene.operate(&scene.tenant, &id, "detach", &instance).await.code, 0, "{status}");
        scene.deployment.cloudsim().clear_faults();
        let attachments = scene.volume(&id).await["attachments"].as_array().map(Vec::len);
        assert_eq!(attachments, Some(1), "after {status}");
    }
    let free = shown(scene.operate(&scene.tenant, &id, "detach", &instance).await);
    assert_eq!((free.volume_status.as_str(), free.attach_instance_id.as_str()), ("available", ""));
    assert_eq!(scene.delete(&scene.tenant, &id).await.code, 0);
}
