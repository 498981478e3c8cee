//! `CreateTenant` with a name that cannot be, or that is taken: nothing is made in Keystone.

use patchbay::proto::tenant::tenant_service_client::TenantServiceClient;
use patchbay::proto::tenant::{CreateTenantReq, CreateTenantRes};
use patchbay_tests::{Deployment, needs_cloudsim};

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
