//! A group and its instances: what was done for each of them is told, and no failure on one stops the others.

use cloudsim::{Effect, Service};
use patchbay_tests::{Scene, needs_cloudsim};

use crate::call::{SecurityGroups, patient, shown};
use crate::step::{at_rest, fail, refused};
use crate::{CONFLICT, NOT_FOUND, NOTHING};

/// Whether each port of the instance has the group, as Neutron tells it.
async fn has(scene: &Scene, instance: &str, group: &str) -> bool {
    let ports = scene.admin.list("network", &format!("/ports?device_id={instance}"), "ports").await;
    assert!(!ports.is_empty(), "{instance}");
    ports.iter().all(|port| port["security_groups"].as_array().unwrap().iter().any(|id| id == group))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_attached_and_detached() {
    let scene = patient().await;
    let group = shown(scene.create("web", &[]).await).security_group_id;
    let (first, second) = tokio::join!(scene.instance("web-1"), scene.instance("web-2"));

    let answer = scene.operate(&group, "attach", &[&first]).await;
    assert_eq!((answer.code, answer.ops_type.as_str()), (0, "attach"), "{}", answer.msg);
    assert_eq!(answer.security_group_id, group);
    assert!(answer.operateed_time.ends_with('Z'), "{answer:?}");
    assert_eq!(answer.msg, format!("1 of 1 instances done. {first}: attached."));
    assert!(has(&scene, &first, &group).await && !has(&scene, &second, &group).await);

    in_use(&scene, &group).await;
    one_of_three_is_unknown(&scene, &group, &first, &second).await;

    let answer = scene.operate(&group, "detach", &[&second, &first]).await;
    assert_eq!(answer.code, 0, "{}", answer.msg);
    let answer = scene.operate(&group, "detach", &[&first]).await;
    assert_eq!(answer.msg, format!("1 of 1 instances done. {first}: was not attached."));
    assert_eq!(answer.code, 0);
    assert!(!has(&scene, &first, &group).await && !has(&scene, &second, &group).await);
    assert_eq!(scene.delete(&group).await.code, 0);
}

async fn in_use(scene: &Scene, group: &str) {
    let deleted = scene.delete(group).await;
    assert_eq!(deleted.code, CONFLICT, "{}", deleted.msg);
    assert!(deleted.msg.contains(group) && deleted.msg.contains("in use"), "{}", deleted.msg);
    assert_eq!(scene.get(group).await.code, 0);
}

async fn one_of_three_is_unknown(scene: &Scene, group: &str, first: &str, second: &str) {
    let answer = scene.operate(group, "attach", &[first, NOTHING, second]).await;
    assert_eq!(answer.code, NOT_FOUND, "{}", answer.msg);
    let account = format!(
        "2 of 3 instances done. {first}: is attached already; {NOTHING}: there is no such instance; {second}: attached."
    );
    assert_eq!(answer.msg, account);
    assert!(has(scene, first, group).await && has(scene, second, group).await);
}

/// Nova is asked four times: for the groups of two instances, and to add one to each.
const CALLS: u32 = 4;

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let group = shown(scene.create("web", &[]).await).security_group_id;
    let instances = [scene.instance("web-1").await, scene.instance("web-2").await];
    let both = instances.each_ref().map(String::as_str);
    for effect in [Effect::CloseAfter, Effect::CloseBefore, refused(503)] {
        for (step, action) in (0..CALLS).flat_map(|step| [(step, "attach"), (step, "detach")]) {
            fail(&scene, Service::Compute, step, &effect);
            let answer = scene.operate(&group, action, &both).await;
            assert_eq!(answer.code, 0, "{action} at {step}: {}", answer.msg);
            for instance in both {
                assert_eq!(has(&scene, instance, &group).await, action == "attach", "{action} at {step}");
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_for_one_instance_does_not_stop_the_other() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let group = shown(scene.create("web", &[]).await).security_group_id;
    let instances = [scene.instance("web-1").await, scene.instance("web-2").await];
    let both = instances.each_ref().map(String::as_str);
    for (step, status) in (0..CALLS).flat_map(|step| [(step, 403), (step, 409), (step, 500)]) {
        fail(&scene, Service::Compute, step, &refused(status));
        let answer = scene.operate(&group, "attach", &both).await;
        assert_ne!(answer.code, 0, "{status} at {step}");
        assert!(answer.msg.starts_with("1 of 2 instances done."), "{status} at {step}: {}", answer.msg);
        assert!(both.iter().all(|instance| answer.msg.contains(instance)), "{}", answer.msg);
        let attached = [has(&scene, both[0], &group).await, has(&scene, both[1], &group).await];
        assert!(attached[0] != attached[1], "{status} at {step}: {}", answer.msg);
        at_rest(&scene).await;
        assert_eq!(scene.operate(&group, "detach", &both).await.code, 0);
    }
}
