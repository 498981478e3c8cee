//! Answers that get lost, and a cloud that fails: what was done counts as done, what was not leaves nothing, and
//! the error says how the disk is.

use cloudsim::{Effect, Failures, Fault, Service};
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Scene, needs_cloudsim, wait_for};

use crate::call::{Disks, refused, shown, size};
use crate::{NOT_FOUND, UNAVAILABLE};

const INTERNAL: i32 = 13;

/// Lets the next call of this kind fail, once.
fn fail(scene: &Scene, effect: Effect, service: Service, method: &str, path: &str) {
    scene.deployment.cloudsim().clear_faults();
    scene.deployment.cloudsim().fault(Fault::once(effect).on(service, method, path));
}

async fn nothing_is_left(scene: &Scene) {
    let gone = async || scene.volumes().await.is_empty().then_some(());
    wait_for("the disk to be gone", END_MAX, gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_whose_making_fails_is_removed() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    for effect in [Effect::CloseAfter, Effect::CutBody, Effect::CloseBefore] {
        fail(&scene, effect, Service::Volume, "POST", "/volumes");
        refused(&scene.create(scene.new_disk(1)).await, UNAVAILABLE, &[]);
        nothing_is_left(&scene).await;
    }
    scene.deployment.cloudsim().clear_faults();
    scene.deployment.cloudsim().set_failures(Failures { volumes: 1, ..Failures::default() });
    let words = ["failed to make the disk", "Could not find any available weighted backend"];
    refused(&scene.create(scene.new_disk(1)).await, INTERNAL, &words);
    nothing_is_left(&scene).await;
}

/// Each change is there although its answer was not, and so the call succeeds.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_found_out() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let tenant = &scene.tenant;
    let instance = scene.instance("web").await;
    for effect in [Effect::CloseAfter, Effect::CutBody] {
        let disk = scene.disk(1).await;
        let id = disk.volume_id.as_str();
        fail(&scene, effect.clone(), Service::Volume, "POST", "/action");
        let grown = shown(scene.resize(tenant, id, size(2)).await);
        assert_eq!(grown.cloud_disk_conf.unwrap().size_in_g, 2);
        fail(&scene, effect.clone(), Service::Volume, "PUT", "/volumes");
        assert_eq!(shown(scene.modify(tenant, id, "other", "").await).volume_name, "other");
        fail(&scene, effect.clone(), Service::Compute, "POST", "/os-volume_attachments");
        assert_eq!(shown(scene.operate(tenant, id, "attach", &instance).await).attach_instance_id, instance);
        fail(&scene, effect.clone(), Service::Compute, "DELETE", "/os-volume_attachments");
        let free = shown(scene.operate(tenant, id, "detach", &instance).await);
        assert_eq!((free.volume_status.as_str(), free.attach_instance_id.as_str()), ("available", ""));
        fail(&scene, effect.clone(), Service::Volume, "DELETE", "/volumes");
        let deleted = scene.delete(tenant, id).await;
        assert_eq!(deleted.code, 0, "{}", deleted.msg);
        assert!(!deleted.deleted_time.is_empty());
        refused(&scene.get(tenant, id).await, NOT_FOUND, &[id]);
    }
}

/// Nothing of it was done, and the sentence says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_how_the_disk_is() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let tenant = &scene.tenant;
    let instance = scene.instance("web").await;
    let id = scene.disk(1).await.volume_id;
    let broken = || Effect::Status { status: 500, body: "Unexpected API Error".into(), headers: [].into() };
    let free = [&*id, "available with 1 GiB"];
    for (effect, code) in [(Effect::CloseBefore, UNAVAILABLE), (broken(), INTERNAL)] {
        fail(&scene, effect.clone(), Service::Volume, "POST", "/action");
        refused(&scene.resize(tenant, &id, size(2)).await, code, &free);
        fail(&scene, effect.clone(), Service::Compute, "POST", "/os-volume_attachments");
        refused(&scene.operate(tenant, &id, "attach", &instance).await, code, &free);
    }
    fail(&scene, broken(), Service::Volume, "DELETE", "/volumes");
    let deleted = scene.delete(tenant, &id).await;
    assert!(deleted.code == INTERNAL && deleted.msg.contains(free[1]), "{deleted:?}");
    scene.deployment.cloudsim().clear_faults();
    shown(scene.operate(tenant, &id, "attach", &instance).await);
    fail(&scene, broken(), Service::Compute, "DELETE", "/os-volume_attachments");
    refused(&scene.operate(tenant, &id, "detach", &instance).await, INTERNAL, &[&id, &instance, "in-use"]);
    assert_eq!(shown(scene.get(tenant, &id).await).attach_instance_id, instance);
}
