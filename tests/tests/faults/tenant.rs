//! CreateTenant fails at each of its steps: nothing is left, neither in Keystone nor in the database, and the same
//! call succeeds afterwards. An adoption that fails takes nothing away.

use cloudsim::{Control, Effect, Fault, Resource, Service};
use patchbay_proto::tenant::tenant_service_client::TenantServiceClient;
use patchbay_proto::tenant::{CreateTenantReq, CreateTenantRes};
use patchbay_tests::{Deployment, needs_cloudsim};

use crate::body;

/// What a tenant is made of in Keystone: domain, project, user, role.
const PARTS: usize = 4;

async fn register(deployment: &Deployment, name: &str) -> CreateTenantRes {
    let request = deployment.operator(CreateTenantReq { tenant_name: name.to_owned() });
    let answer = TenantServiceClient::new(deployment.grpc()).create_tenant(request).await;
    answer.expect("an answer").into_inner()
}

/// How many rows there are of that name.
async fn rows(deployment: &Deployment, name: &str) -> i64 {
    let pool = deployment.database().await;
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM tenant_info WHERE tenant_name = $1");
    count.bind(name).fetch_one(&pool).await.expect("a count")
}

/// Keystone's entries.
fn entries(cloud: &Control) -> Vec<Resource> {
    let kinds = ["domain", "project", "user", "role"];
    let mut found = cloud.resources();
    found.retain(|resource| kinds.contains(&resource.kind.as_str()));
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

/// How many calls of Keystone a registration takes, with a session that is there already.
async fn steps(deployment: &Deployment) -> u32 {
    let cloud = deployment.cloudsim();
    assert_eq!(register(deployment, "first").await.code, 0);
    cloud.clear_record();
    assert_eq!(register(deployment, "second").await.code, 0);
    let calls = cloud.requests().iter().filter(|request| request.service == Service::Identity).count();
    u32::try_from(calls).expect("few")
}

/// Lets each step of a registration fail once.
async fn at_every_step(effect: Effect) {
    let deployment = Deployment::builder().quick().start().await;
    let cloud = deployment.cloudsim();
    for step in 0..steps(&deployment).await {
        let name = format!("acme-{step}");
        let before = entries(cloud);
        let fault = Fault::once(effect.clone());
        cloud.fault(Fault { service: Some(Service::Identity), skip: step, ..fault });
        let answer = register(&deployment, &name).await;
        cloud.clear_faults();
        if answer.code != 0 {
            assert_eq!(entries(cloud), before, "step {step}: {}", answer.msg);
            assert_eq!(rows(&deployment, &name).await, 0, "step {step}: {}", answer.msg);
            let again = register(&deployment, &name).await;
            assert_eq!(again.code, 0, "step {step}: {}", again.msg);
        }
        assert_eq!(entries(cloud).len(), before.len() + PARTS, "step {step}");
    }
}

#[tokio::test]
async fn a_step_that_is_refused_leaves_nothing() {
    needs_cloudsim!();
    at_every_step(Effect::Status { status: 500, body: body(500, "defect"), headers: [].into() }).await;
}

#[tokio::test]
async fn a_step_that_is_not_done_leaves_nothing() {
    needs_cloudsim!();
    at_every_step(Effect::CloseBefore).await;
}

#[tokio::test]
async fn a_step_whose_answer_is_lost_leaves_nothing() {
    needs_cloudsim!();
    at_every_step(Effect::CloseAfter).await;
}

#[tokio::test]
async fn what_could_not_be_removed_is_removed_by_the_next_call() {
    needs_cloudsim!();
    let deployment = Deployment::builder().quick().start().await;
    let cloud = deployment.cloudsim();
    let before = entries(cloud).len();
    let defect = || Fault::status(500, body(500, "defect"));
    cloud.fault(defect().on(Service::Identity, "POST", "/users"));
    cloud.fault(defect().on(Service::Identity, "DELETE", "/"));
    assert_eq!(register(&deployment, "acme").await.code, 13);
    assert!(entries(cloud).len() > before, "something was left to remove");
    assert_eq!(rows(&deployment, "acme").await, 1);

    cloud.clear_faults();
    let again = register(&deployment, "acme").await;
    assert_eq!(again.code, 0, "{}", again.msg);
    assert_eq!(entries(cloud).len(), before + PARTS);
}

/// Domain, project and role, which a tenant cannot be without.
fn kept(cloud: &Control, id: &str) -> Vec<Resource> {
    let mut found = entries(cloud);
    found.retain(|resource| resource.name == id && resource.kind != "user");
    found
}

async fn forget(deployment: &Deployment, id: &str) {
    let pool = deployment.database().await;
    let gone = sqlx::query("DELETE FROM tenant_info WHERE tenant_id = $1").bind(id).execute(&pool).await;
    assert_eq!(gone.expect("a row").rows_affected(), 1);
}

/// Lets each step of an adoption fail once, until one has all of them behind it.
async fn adopted_at_every_step(effect: Effect) {
    let deployment = Deployment::builder().quick().start().await;
    let cloud = deployment.cloudsim();
    let id = register(&deployment, "acme").await.tenant_id;
    let before = kept(cloud, &id);
    for step in 0.. {
        forget(&deployment, &id).await;
        let fault = Fault::once(effect.clone());
        cloud.fault(Fault { service: Some(Service::Identity), skip: step, ..fault });
        cloud.clear_record();
        let first = deployment.adopt(&id, "acme", false).await;
        let calls = cloud.requests().iter().filter(|request| request.service == Service::Identity).count();
        cloud.clear_faults();
        assert_eq!(kept(cloud, &id), before, "step {step}: {first:?}");
        if first.is_err() {
            assert_eq!(rows(&deployment, "acme").await, 0, "step {step}");
            assert!(deployment.foreign_from(&id).await.is_some(), "step {step}: as foreign as before");
            deployment.adopt(&id, "acme", false).await.expect("a second time it succeeds");
        }
        assert_eq!(
            entries(cloud).iter().filter(|resource| resource.name == id).count(),
            PARTS,
            "step {step}"
        );
        if calls <= step as usize {
            break;
        }
    }
}

#[tokio::test]
async fn an_adoption_that_is_refused_takes_nothing_away() {
    needs_cloudsim!();
    adopted_at_every_step(Effect::Status { status: 500, body: body(500, "defect"), headers: [].into() })
        .await;
}

#[tokio::test]
async fn an_adoption_whose_answer_is_lost_takes_nothing_away() {
    needs_cloudsim!();
    adopted_at_every_step(Effect::CloseAfter).await;
}
