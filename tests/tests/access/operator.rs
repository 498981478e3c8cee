//! `CreateTenant` is the operator's: no other credential makes a tenant.

use patchbay::proto::tenant::CreateTenantReq;
use patchbay::proto::tenant::tenant_service_client::TenantServiceClient;
use patchbay_tests::{Deployment, needs_cloudsim};
use tonic::Request;

#[tokio::test(flavor = "multi_thread")]
async fn only_the_operator_registers_a_tenant() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    let before = deployment.cloudsim().resources();
    deployment.cloudsim().clear_record();
    let token = deployment.operator_token();
    for credential in [
        None,
        Some(String::new()),
        Some("Bearer ".to_owned()),
        Some("Bearer wrong".to_owned()),
        Some(format!("Bearer {}", tenant.apikey)),
        Some(format!("Bearer {}", &token[1..])),
        Some(format!("Bearer {token}x")),
        Some(format!("Basic {token}")),
        Some(token.to_owned()),
    ] {
        let mut request = Request::new(CreateTenantReq { tenant_name: "intruder".to_owned() });
        if let Some(credential) = &credential {
            request.metadata_mut().insert("authorization", credential.parse().unwrap());
        }
        let answer = TenantServiceClient::new(deployment.grpc()).create_tenant(request).await.unwrap();
        let answer = answer.into_inner();
        assert_eq!((answer.code, answer.apikey.as_str()), (16, ""), "{credential:?}: {}", answer.msg);
        assert!(answer.msg.contains("operator") && !answer.msg.contains(token), "{}", answer.msg);
    }
    assert_eq!(deployment.cloudsim().requests(), [], "nothing reaches the cloud");
    assert_eq!(deployment.cloudsim().resources(), before);
    deployment.tenant("intruder").await;
}
