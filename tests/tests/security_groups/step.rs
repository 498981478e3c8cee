//! A cloud that fails at one step of a change: afterwards the group is as it was, as it should be, or gone, and the
//! error says which.

use cloudsim::{Effect, Fault, Service};
use patchbay_proto::securitygroup::SecurityGroupRes;
use patchbay_tests::operation::{self, END_MAX};
use patchbay_tests::{Deployment, Scene, needs_cloudsim, wait_for};
use serde_json::json;

use crate::call::{SecurityGroups, all, lines, shown, tcp};
use crate::{CONFLICT, NOT_FOUND};

/// Waits until no operation goes on: one that undoes its work would meet the next fault.
pub(crate) async fn at_rest(scene: &Scene) {
    operation::all_ended(&scene.deployment.operations().await).await;
}

/// Waits until this is the tenant's only group.
pub(crate) async fn only_is(scene: &Scene, id: &str) {
    wait_for("nothing else to be left", END_MAX, async || {
        let groups = scene.groups().await;
        (groups.len() == 1 && groups[0]["id"] == id).then_some(())
    })
    .await;
}

/// A group with three rules of its own, which [`change`] changes.
async fn changeable(scene: &Scene) -> String {
    let rules = [tcp(80, 80, ""), tcp(81, 81, ""), all("ingress", "icmp", "")];
    shown(scene.create("old", &rules).await).security_group_id
}

/// Another name, one rule kept, one new, four gone.
async fn change(scene: &Scene, id: &str) -> SecurityGroupRes {
    scene.update(id, "new", &[tcp(80, 80, ""), tcp(443, 443, "")]).await
}

/// How many calls of Neutron `work` makes.
async fn steps(scene: &Scene, work: impl Future) -> u32 {
    scene.deployment.cloudsim().clear_record();
    work.await;
    let requests = scene.deployment.cloudsim().requests();
    let steps = requests.iter().filter(|request| request.service == Service::Network).count();
    u32::try_from(steps).unwrap()
}

/// Lets one call of a service fail: the one after `step` others.
pub(crate) fn fail(scene: &Scene, service: Service, step: u32, effect: &Effect) {
    let fault = Fault { service: Some(service), skip: step, ..Fault::once(effect.clone()) };
    scene.deployment.cloudsim().clear_faults();
    scene.deployment.cloudsim().fault(fault);
}

pub(crate) fn refused(status: u16) -> Effect {
    let body = json!({"NeutronError": {"type": "Refused", "message": "Not now", "detail": ""}});
    Effect::Status { status, body, headers: [].into() }
}

/// The rules and the name, but not the ids: a rule that was made again has another.
async fn says(scene: &Scene, id: &str) -> (String, Vec<String>) {
    let group = shown(scene.get(id).await);
    (group.security_group_name.clone(), lines(&group))
}

/// The answers of the update, with each of its calls but the first and the last failing: the first reads before
/// anything is changed, the last when all is.
async fn update_failing(effect: Effect) -> Vec<SecurityGroupRes> {
    let scene = Scene::quick().await;
    let id = changeable(&scene).await;
    let before = says(&scene, &id).await;
    let steps = steps(&scene, change(&scene, &id)).await;
    // A look, the new rules, the name, each old rule; and the looks before and after.
    assert_eq!(steps, 9);
    let after = says(&scene, &id).await;
    assert_ne!(before, after);

    let mut answers = Vec::new();
    for step in 1..steps - 1 {
        let id = changeable(&scene).await;
        fail(&scene, Service::Network, step, &effect);
        let answer = change(&scene, &id).await;
        let holds = says(&scene, &id).await;
        if answer.code == 0 {
            assert_eq!(holds, after, "step {step}");
        } else {
            assert_eq!(holds, before, "step {step}: {}", answer.msg);
            assert!(
                answer.msg.contains("as it was before, with its old rules"),
                "step {step}: {}",
                answer.msg
            );
        }
        answers.push(answer);
        scene.deployment.cloudsim().clear_faults();
        at_rest(&scene).await;
        assert_eq!(scene.delete(&id).await.code, 0);
    }
    answers
}

#[tokio::test]
async fn an_update_that_is_refused_at_any_step_leaves_the_old_rules() {
    needs_cloudsim!();
    // A group that the tenant may not see is none.
    for (status, look, change) in [(403, NOT_FOUND, 7), (409, CONFLICT, CONFLICT), (500, 13, 13)] {
        let codes: Vec<i32> =
            update_failing(refused(status)).await.iter().map(|answer| answer.code).collect();
        assert_eq!(codes, [[look].as_slice(), &[change; 6]].concat(), "{status}");
    }
}

#[tokio::test]
async fn an_update_goes_on_where_an_answer_was_lost() {
    needs_cloudsim!();
    for effect in [Effect::CloseAfter, Effect::CloseBefore, refused(503)] {
        let answers = update_failing(effect.clone()).await;
        assert!(answers.iter().all(|answer| answer.code == 0), "{effect:?}: {answers:?}");
    }
}

/// The rules are made whole as soon as the cloud lets them be.
#[tokio::test]
async fn old_rules_come_back_when_they_can() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let id = changeable(&scene).await;
    let before = says(&scene, &id).await;
    let cloud = scene.deployment.cloudsim();
    // One old rule stays when others are gone, and then, for a while, no rule can be made.
    let stays = Fault::once(refused(409)).on(Service::Network, "DELETE", "/security-group-rules").skip(1);
    let none = Fault { effect: refused(503), ..Fault::default() };
    cloud.fault(stays);
    cloud.fault(none.on(Service::Network, "POST", "/security-group-rules").skip(1));
    let answer = change(&scene, &id).await;
    assert_eq!(answer.code, CONFLICT, "{}", answer.msg);
    assert!(answer.msg.contains("are being made again"), "{}", answer.msg);
    cloud.clear_faults();
    wait_for("the old rules", END_MAX, async || (says(&scene, &id).await == before).then_some(())).await;
}

/// What one host began, the next carries on.
#[tokio::test]
async fn a_change_outlives_its_host() {
    needs_cloudsim!();
    let mut scene = Scene::of(
        Deployment::builder().quick().at_once().toml("operation.inline_wait_ms = 500").start().await,
    )
    .await;
    let id = changeable(&scene).await;
    let cloud = scene.deployment.cloudsim();
    let busy = Fault { effect: refused(503), ..Fault::default() };
    cloud.fault(busy.on(Service::Network, "PUT", "/security-groups"));
    let answer = change(&scene, &id).await;
    assert_eq!(answer.code, 0, "{}", answer.msg);
    assert!(answer.msg.contains("x-operation-id"), "{}", answer.msg);
    scene.deployment.restart().await;
    scene.deployment.cloudsim().clear_faults();
    at_rest(&scene).await;
    assert_eq!(says(&scene, &id).await.0, "new");
}

#[tokio::test]
async fn a_create_that_fails_at_any_step_leaves_nothing() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let kept = changeable(&scene).await;
    let steps = steps(&scene, changeable(&scene)).await;
    let whole = scene.groups().await.into_iter().find(|group| group["id"] != kept.as_str()).unwrap();
    assert_eq!(scene.delete(whole["id"].as_str().unwrap()).await.code, 0);
    for effect in [refused(403), refused(500), Effect::CloseAfter, Effect::CloseBefore] {
        // The last call reads what is made.
        for step in 0..steps - 1 {
            fail(&scene, Service::Network, step, &effect);
            let answer = scene.create("old", &[tcp(80, 80, "")]).await;
            scene.deployment.cloudsim().clear_faults();
            if answer.code == 0 {
                let made = answer.security_group.unwrap();
                assert_eq!(
                    (made.security_group_rules.len(), made.security_group_desc.as_str()),
                    (3, "the first")
                );
                assert_eq!(scene.delete(&made.security_group_id).await.code, 0);
            }
            at_rest(&scene).await;
            assert_eq!(scene.groups().await.len(), 1, "{effect:?} at step {step}");
        }
    }
}

#[tokio::test]
async fn a_delete_that_fails_at_any_step_deletes_all_or_nothing() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    for effect in [refused(403), Effect::CloseAfter, Effect::CloseBefore] {
        for step in 0..2 {
            let id = changeable(&scene).await;
            fail(&scene, Service::Network, step, &effect);
            let answer = scene.delete(&id).await;
            scene.deployment.cloudsim().clear_faults();
            at_rest(&scene).await;
            assert_eq!(scene.get(&id).await.code, if answer.code == 0 { 5 } else { 0 }, "{}", answer.msg);
            assert_eq!(answer.code != 0, effect == refused(403), "{}", answer.msg);
        }
        for group in scene.groups().await {
            assert_eq!(scene.delete(group["id"].as_str().unwrap()).await.code, 0);
        }
    }
}
