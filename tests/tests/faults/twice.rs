//! CreateTenant sent again under its key: one tenant, and its api key is told again. It is nowhere in the database.

use cloudsim::{Fault, Service};
use patchbay_proto::tenant::tenant_service_client::TenantServiceClient;
use patchbay_proto::tenant::{CreateTenantReq, CreateTenantRes};
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};

async fn register(deployment: &Deployment, name: &str, key: &str) -> CreateTenantRes {
    let mut request = deployment.operator(CreateTenantReq { tenant_name: name.to_owned() });
    request.metadata_mut().insert("idempotency-key", key.parse().unwrap());
    let answer = TenantServiceClient::new(deployment.grpc()).create_tenant(request).await;
    answer.expect("an answer").into_inner()
}

#[tokio::test]
async fn a_registration_is_answered_again() {
    let mut deployment = Deployment::builder().at_once().start().await;
    let first = register(&deployment, "acme", "k-1").await;
    assert_eq!(first.code, 0, "{}", first.msg);
    deployment.restart().await;
    assert_eq!(register(&deployment, "acme", "k-1").await, first);
    let kept: Vec<String> = sqlx::query_scalar("SELECT answer FROM idempotency")
        .fetch_all(&deployment.database().await)
        .await
        .unwrap();
    assert_eq!(kept.len(), 1);
    assert!(!kept[0].contains(&first.apikey), "the api key is not sealed");

    assert_eq!(register(&deployment, "acme", "k-2").await.code, 6, "the name is taken");
    assert_eq!(register(&deployment, "globex", "k-1").await.code, 6, "the key is another request's");
}

#[tokio::test]
async fn one_that_goes_on_is_to_be_asked_for_later() {
    needs_cloudsim!();
    let deployment = Deployment::builder().at_once().start().await;
    let cloud = deployment.cloudsim();
    cloud.fault(Fault::delay(1_500).on(Service::Identity, "POST", "/projects"));
    let first = register(&deployment, "acme", "k-1");
    let second = async {
        wait_for("it to begin", END_MAX, async || {
            cloud
                .resources()
                .iter()
                .any(|resource| resource.kind == "domain" && resource.name.starts_with("t-"))
                .then_some(())
        })
        .await;
        register(&deployment, "acme", "k-1").await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!((first.code, second.code), (0, 14), "{}", second.msg);
    assert_eq!(register(&deployment, "acme", "k-1").await, first);
}
