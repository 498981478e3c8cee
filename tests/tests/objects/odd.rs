//! Answers of the gateway that other versions give, and such as come after an answer was lost.

use cloudsim::{Effect, Fault, Service};
use patchbay_tests::tenant::USER;
use patchbay_tests::{Scene, needs_cloudsim};
use serde_json::json;

use crate::call::{create, made, new_bucket, recover, uid};

/// S3's refusal, as the gateway writes it.
fn refused(status: u16, code: &str) -> Effect {
    let body = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message></Message></Error>"#
    );
    Effect::Status { status, body: json!(body), headers: [].into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_switched_off_is_not_told() {
    needs_cloudsim!();
    let scene = Scene::start().await;
    let (host, tenant) = (&scene.deployment, &scene.tenant);
    let answer = made(host, new_bucket(tenant)).await;
    let mut account = host.gateway(0).account(&uid(tenant)).await;
    account["keys"][0]["active"] = json!(true);
    let dead = json!({"user": uid(tenant), "access_key": "DEAD", "secret_key": "dead", "active": false});
    account["keys"].as_array_mut().unwrap().insert(0, dead);
    host.cloudsim().fault(Fault::status(200, account).on(Service::Rgw1, "GET", "/admin/user"));
    let told = recover(host, tenant, USER, &uid(tenant)).await;
    assert_eq!((told.code, told.oss_access_key), (0, answer.oss_access_key), "{}", told.msg);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_bucket_is_made_where_an_answer_was_lost() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let (host, tenant) = (&scene.deployment, &scene.tenant);
    let request = new_bucket(tenant);
    let path = format!("/{}", request.bucket_name);
    let cloud = host.cloudsim();
    cloud.fault(Fault::once(Effect::CloseAfter).on(Service::Rgw1, "PUT", &path));
    cloud.fault(Fault::once(refused(409, "BucketAlreadyOwnedByYou")).on(Service::Rgw1, "PUT", &path));
    made(host, request.clone()).await;
    let buckets = host.gateway(0).buckets(&uid(tenant)).await;
    assert_eq!(buckets.len(), 1);
    assert_eq!(buckets[0]["bucket"], request.bucket_name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_meets_another_one_is_made_again() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let (host, tenant) = (&scene.deployment, &scene.tenant);
    let request = new_bucket(tenant);
    let path = format!("/{}", request.bucket_name);
    let aborted = Fault::once(refused(409, "OperationAborted")).on(Service::Rgw1, "PUT", &path);
    host.cloudsim().fault(aborted.times(2));
    made(host, request).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_of_another_region_is_the_deployments_fault() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let (host, tenant) = (&scene.deployment, &scene.tenant);
    let request = new_bucket(tenant);
    let path = format!("/{}", request.bucket_name);
    host.cloudsim().fault(
        Fault { effect: refused(400, "InvalidLocationConstraint"), ..Fault::default() }.on(
            Service::Rgw1,
            "PUT",
            &path,
        ),
    );
    let answer = create(host, request).await;
    assert_eq!(answer.code, 13, "{}", answer.msg);
    assert!(!answer.msg.contains("bucket_name"), "{}", answer.msg);
}
