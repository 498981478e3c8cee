//! CreateTenant sent again under its key: one tenant, and its api key is told again. It is nowhere in the database.

use cloudsim::{Fault, Request, Service};
use patchbay_proto::tenant::tenant_service_client::TenantServiceClient;
use patchbay_proto::tenant::{CreateTenantReq, CreateTenantRes};
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};

use crate::body;

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

/// However they fall: a key is held from before anything is made.
#[tokio::test]
async fn of_two_names_under_one_key_one_gets_an_account() {
    needs_cloudsim!();
    let deployment = Deployment::builder().at_once().start().await;
    let cloud = deployment.cloudsim();
    // So that the one that is first is still at work when the other one comes.
    cloud.fault(Fault::delay(1_500).on(Service::Identity, "POST", "/projects"));
    cloud.clear_record();
    let both = (register(&deployment, "acme", "k-1"), register(&deployment, "globex", "k-1"));
    let (acme, globex) = tokio::join!(both.0, both.1);
    let (made, refused, free) =
        if acme.code == 0 { (acme, globex, "globex") } else { (globex, acme, "acme") };
    assert_eq!((made.code, refused.code), (0, 6), "{} {}", made.msg, refused.msg);
    assert_eq!(refused.msg, "idempotency-key was used for another request.");
    let domains = |request: &&Request| request.method == "POST" && request.path.ends_with("/domains");
    assert_eq!(cloud.requests().iter().filter(domains).count(), 1, "one account was provisioned");
    assert_eq!(register(&deployment, free, "k-2").await.code, 0, "the name was not taken by it");
}

#[tokio::test]
async fn a_registration_that_fails_gives_its_key_back() {
    needs_cloudsim!();
    let deployment = Deployment::builder().quick().start().await;
    let cloud = deployment.cloudsim();
    cloud.fault(Fault::status(500, body(500, "defect")).on(Service::Identity, "POST", "/users"));
    assert_eq!(register(&deployment, "acme", "k-1").await.code, 13);
    cloud.clear_faults();
    let other = register(&deployment, "globex", "k-1").await;
    assert_eq!(other.code, 0, "{}", other.msg);
    assert_eq!(register(&deployment, "globex", "k-1").await, other);
}
