//! `CreateTenant` with a name that cannot be, or that is taken: nothing is made in Keystone.

use patchbay::proto::tenant::tenant_service_client::TenantServiceClient;
use patchbay::proto::tenant::{CreateTenantReq, CreateTenantRes};
use patchbay_tests::admin::Admin;
use patchbay_tests::{Deployment, needs_cloudsim};
use reqwest::Method;
use serde_json::json;

async fn create(deployment: &Deployment, name: &str) -> CreateTenantRes {
    let request = deployment.operator(CreateTenantReq { tenant_name: name.to_owned() });
    TenantServiceClient::new(deployment.grpc()).create_tenant(request).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_cannot_be_is_refused() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    deployment.cloudsim().clear_record();
    let long = "云".repeat(101);
    for name in ["", " ", "\t", "a\nb", "a\0", "\u{7f}", "\u{1b}[0m", &long] {
        let answer = create(&deployment, name).await;
        assert_eq!((answer.code, answer.tenant_id.as_str()), (3, ""), "{name:?}: {}", answer.msg);
        assert!(answer.msg.contains("tenant_name"), "{name:?}: {}", answer.msg);
    }
    assert_eq!(deployment.cloudsim().requests(), [], "nothing reaches the cloud");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_given_once() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let first = deployment.tenant("Acme").await;
    let before = deployment.cloudsim().resources();
    deployment.cloudsim().clear_record();
    for name in ["Acme", "  Acme "] {
        let answer = create(&deployment, name).await;
        assert_eq!((answer.code, answer.apikey.as_str()), (6, ""), "{name:?}: {}", answer.msg);
        assert!(answer.msg.contains("tenant_name"), "{}", answer.msg);
    }
    assert_eq!(deployment.cloudsim().requests(), [], "nothing reaches the cloud");
    assert_eq!(deployment.cloudsim().resources(), before);
    assert_ne!(deployment.tenant("acme").await.id, first.id, "another name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_any_script_and_of_a_hundred_characters_is_taken() {
    let deployment = Deployment::start().await;
    for name in ["云平台", "a", "'; DROP TABLE tenant_info; --", &"é".repeat(100)] {
        let answer = create(&deployment, name).await;
        assert_eq!(answer.code, 0, "{name:?}: {}", answer.msg);
        assert_eq!(answer.apikey.chars().count(), 20);
        let digits = answer.tenant_id.strip_prefix("t-").unwrap();
        assert!(digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{digits}");
    }
}

/// How many ids a registration tries.
const IDS_MAX: u64 = 16;

/// Gives the names of the next ids to somebody else on the same cloud.
async fn take_next(admin: &Admin, last: &str, count: u64) -> Vec<String> {
    let number: u64 = last.strip_prefix("t-").unwrap().parse().unwrap();
    let names: Vec<_> = (number + 1..=number + count).map(|next| format!("t-{next:010}")).collect();
    for name in &names {
        let body = json!({"domain": {"name": name, "description": "somebody else's"}});
        admin.ask(Method::POST, "identity", "/domains", Some(body)).await;
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_somebody_else_uses_on_the_cloud_is_passed_over() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let admin = deployment.admin().await;
    let last = deployment.tenant("first").await.id;
    let taken = take_next(&admin, &last, IDS_MAX - 1).await;
    let before = deployment.cloudsim().resources();
    let answer = create(&deployment, "acme").await;
    assert_eq!(answer.code, 0, "{}", answer.msg);
    assert!(!taken.contains(&answer.tenant_id) && answer.tenant_id > last, "{}", answer.tenant_id);
    let after = deployment.cloudsim().resources();
    assert!(before.iter().all(|resource| after.contains(resource)), "what is somebody else's stays");
    assert!(
        after.iter().filter(|resource| !before.contains(resource)).all(|made| made.name == answer.tenant_id)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_tries_so_many_ids_and_leaves_nothing() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let admin = deployment.admin().await;
    let last = deployment.tenant("first").await.id;
    take_next(&admin, &last, IDS_MAX).await;
    let before = deployment.cloudsim().resources();
    assert_eq!(create(&deployment, "acme").await.code, 6);
    assert_eq!(deployment.cloudsim().resources(), before);
    assert_eq!(create(&deployment, "acme").await.code, 0, "the next call goes on behind them");
}
