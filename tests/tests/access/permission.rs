//! The reverse check: what the platform is asked, what is remembered, and that nothing is allowed when it
//! cannot be asked.

use std::time::Duration;

use patchbay_proto::flavor::GetFlavorReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::deployment::Builder;
use patchbay_tests::{Deployment, Tenant, needs_cloudsim, wait_for};
use serde_json::json;

use crate::contract::{call, keyed_methods, request};
use crate::platform::{Platform, Verdict};

/// A deployment that asks `platform`, whose answers are waited for shortly and whose failures open no circuit.
fn asking(platform: &Platform) -> Builder {
    Deployment::builder()
        .http_permission(&platform.url())
        .toml("upstream.permission.transport = { timeout_ms = 500, breaker_failures = 1000 }")
}

async fn get_flavor(deployment: &Deployment, tenant: &Tenant, flavor: &str, user: &str) -> i32 {
    let request =
        GetFlavorReq { flavor_id: flavor.to_owned(), platform_userid: user.to_owned(), ..tenant.request() };
    FlavorServiceClient::new(deployment.grpc()).get_flavor(request).await.unwrap().into_inner().code
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_is_asked_about_every_resource_of_every_rpc() {
    needs_cloudsim!();
    let platform = Platform::start(Verdict::Allow).await;
    let deployment = asking(&platform).start().await;
    let tenant = deployment.tenant("acme").await;
    for method in keyed_methods() {
        let (message, named) = request(&method, &tenant, "u-7");
        call(&deployment.grpc(), &method, message).await;
        let mut asked = platform.asked();
        asked.sort_by_key(|input| input["resource_id"].to_string());
        let expected: Vec<_> = named
            .iter()
            .map(|resource_id| {
                json!({
                    "tenant_id": tenant.id,
                    "platform_userid": "u-7",
                    "resource_id": resource_id,
                    "method": format!("{}/{}", method.parent_service().full_name(), method.name()),
                })
            })
            .collect();
        assert_eq!(asked, expected, "{}", method.full_name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_is_remembered_for_its_user_and_resource_alone() {
    needs_cloudsim!();
    let platform = Platform::start(Verdict::Allow).await;
    let deployment = asking(&platform).toml("auth.permission.cache_ttl_ms = 600000").start().await;
    let (tenant, other) = (deployment.tenant("acme").await, deployment.tenant("other").await);
    let offer = deployment.admin().await.offer().await;
    assert_eq!(get_flavor(&deployment, &tenant, &offer.flavor, "u-7").await, 0);
    platform.set(Verdict::Deny);
    assert_eq!(get_flavor(&deployment, &tenant, &offer.flavor, "u-7").await, 0, "remembered");
    assert_eq!(platform.asked().len(), 1);
    assert_eq!(get_flavor(&deployment, &tenant, &offer.flavor, "u-8").await, 7, "another user");
    assert_eq!(get_flavor(&deployment, &tenant, &offer.larger, "u-7").await, 7, "another resource");
    assert_eq!(get_flavor(&deployment, &other, &offer.flavor, "u-7").await, 7, "another tenant");
    platform.set(Verdict::Allow);
    assert_eq!(get_flavor(&deployment, &tenant, &offer.larger, "u-7").await, 0, "a no is not remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_is_forgotten_when_its_time_is_over() {
    needs_cloudsim!();
    let platform = Platform::start(Verdict::Allow).await;
    let deployment = asking(&platform).toml("auth.permission.cache_ttl_ms = 100").start().await;
    let tenant = deployment.tenant("acme").await;
    let offer = deployment.admin().await.offer().await;
    assert_eq!(get_flavor(&deployment, &tenant, &offer.flavor, "u-7").await, 0);
    platform.set(Verdict::Deny);
    wait_for("the yes to be forgotten", Duration::from_secs(30), async || {
        (get_flavor(&deployment, &tenant, &offer.flavor, "u-7").await == 7).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_allowed_when_the_platform_does_not_say_yes() {
    needs_cloudsim!();
    let platform = Platform::start(Verdict::Deny).await;
    let deployment = asking(&platform).start().await;
    let tenant = deployment.tenant("acme").await;
    let offer = deployment.admin().await.offer().await;
    deployment.cloudsim().clear_record();
    for (verdict, code) in [
        (Verdict::Deny, 7),
        (Verdict::Yes, 7),
        (Verdict::Undefined, 7),
        (Verdict::Nonsense, 14),
        (Verdict::Failure, 14),
        (Verdict::Silence, 14),
    ] {
        platform.set(verdict);
        assert_eq!(get_flavor(&deployment, &tenant, &offer.flavor, "u-7").await, code, "{verdict:?}");
    }
    let url = platform.url();
    drop(platform);
    wait_for("the platform to be away", Duration::from_secs(10), async || {
        let address = url.strip_prefix("http://").unwrap();
        tokio::net::TcpStream::connect(address).await.is_err().then_some(())
    })
    .await;
    assert_eq!(get_flavor(&deployment, &tenant, &offer.flavor, "u-7").await, 14, "away");
    assert_eq!(deployment.cloudsim().requests(), [], "nothing reaches the cloud");
}
