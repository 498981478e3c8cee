//! Which services there are and which are served: reflection, health, and what an RPC without a plugin says.

use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};
use tonic::{Code, Status, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use crate::contract::{call, keyed_methods, request};

/// All services.
const SERVICES: [&str; 15] = [
    "tenant.TenantService",
    "flavor.FlavorService",
    "image.ImageService",
    "instance.InstanceService",
    "securitygroup.SecurityGroupService",
    "clouddisk.CloudDiskService",
    "nasdisk.NasDiskService",
    "oss.OSSService",
    "vpc.VpcService",
    "route.RouteService",
    "patchbay.operation.v1.OperationService",
    "patchbay.plugin.v1.PluginService",
    "patchbay.journal.v1.JournalService",
    "patchbay.audit.v1.AuditService",
    "patchbay.tenant.v1.TenantAdminService",
];
/// Those of the compute domain.
const COMPUTE: [&str; 3] = ["flavor.FlavorService", "image.ImageService", "instance.InstanceService"];

/// How long what was given back may take to be free.
const FREE_MAX: Duration = Duration::from_secs(30);

fn list_services() -> ServerReflectionRequest {
    let message_request = Some(MessageRequest::ListServices(String::new()));
    ServerReflectionRequest { host: String::new(), message_request }
}

/// A deployment in which no route serves compute.
async fn without_compute() -> Deployment {
    let is_compute = |route: &toml::Value| route["domain"].as_str() == Some("compute");
    let builder = Deployment::builder().config(move |config| {
        config["route"].as_array_mut().unwrap().retain(|route| !is_compute(route));
    });
    builder.start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_rpc_without_a_plugin_says_so() {
    needs_cloudsim!();
    let deployment = without_compute().await;
    let tenant = deployment.tenant("acme").await;
    deployment.cloudsim().clear_record();
    let reads = ["ListFlavors", "GetFlavor", "ListImages", "GetImage", "GetInstance"];
    let methods = keyed_methods().into_iter().filter(|method| reads.contains(&method.name()));
    let mut called = 0;
    for method in methods {
        let (message, _) = request(&method, &tenant, "u-7");
        let (code, msg) = call(&deployment.grpc(), &method, message).await;
        assert_eq!(code, 12, "{}: {msg}", method.full_name());
        assert!(msg.contains("plugin") && msg.contains("compute"), "{}: {msg}", method.full_name());
        called += 1;
    }
    assert_eq!(called, reads.len());
    assert_eq!(deployment.cloudsim().requests(), [], "nothing reaches the cloud");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_which_services_are_served() {
    for (deployment, unserved) in [(Deployment::start().await, &[][..]), (without_compute().await, &COMPUTE)]
    {
        let mut health = HealthClient::new(deployment.grpc());
        for service in SERVICES.into_iter().chain([""]) {
            let answer = health.check(HealthCheckRequest { service: service.to_owned() }).await.unwrap();
            let served = !unserved.contains(&service);
            let expected = if served { ServingStatus::Serving } else { ServingStatus::NotServing };
            assert_eq!(answer.into_inner().status(), expected, "{service:?}");
        }
        let unknown = health.check(HealthCheckRequest { service: "no.Service".to_owned() }).await;
        assert_eq!(unknown.unwrap_err().code(), Code::NotFound);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_lists_every_package() {
    let deployment = Deployment::start().await;
    let answers = ServerReflectionClient::new(deployment.grpc())
        .server_reflection_info(stream::iter([list_services()]))
        .await
        .unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else { panic!("{answer:?}") };
    for service in SERVICES {
        assert!(list.service.iter().any(|listed| listed.name == service), "{service}: {list:?}");
    }
}

/// Asks to list the services, and goes on asking nothing.
async fn listing(deployment: &Deployment) -> Result<Streaming<ServerReflectionResponse>, Status> {
    let questions = stream::iter([list_services()]).chain(stream::pending());
    let mut reflection = ServerReflectionClient::new(deployment.grpc());
    Ok(reflection.server_reflection_info(questions).await?.into_inner())
}

/// Watches the host's health.
async fn watching(deployment: &Deployment) -> Result<Streaming<HealthCheckResponse>, Status> {
    let request = HealthCheckRequest::default();
    Ok(HealthClient::new(deployment.grpc()).watch(request).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_needs_no_key_holds_so_many_calls_open() {
    needs_cloudsim!();
    for (bound, told) in [
        ("grpc = { keyless_calls_max = 2 }", "try again later"),
        ("grpc = { keyless_calls_per_address_max = 2 }", "from this address"),
    ] {
        let deployment = Deployment::builder().toml(bound).start().await;
        let (health, reflection) =
            (watching(&deployment).await.unwrap(), listing(&deployment).await.unwrap());
        for refused in [watching(&deployment).await.map(drop), listing(&deployment).await.map(drop)] {
            let refused = refused.unwrap_err();
            assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
            assert!(refused.message().contains(told), "{refused}");
        }
        // Who has a key needs no such place.
        deployment.tenant("acme").await;
        drop((health, reflection));
        wait_for("the places to be free", FREE_MAX, async || {
            let both = (watching(&deployment).await, listing(&deployment).await);
            (both.0.is_ok() && both.1.is_ok()).then_some(())
        })
        .await;
    }
}
