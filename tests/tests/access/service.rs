//! Which services there are and which are served: reflection, health, and what an RPC without a plugin says.

use futures::stream;
use patchbay_tests::{Deployment, needs_cloudsim};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::contract::{call, keyed_methods, request};

/// All services.
const SERVICES: [&str; 13] = [
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
];
/// Those of the compute domain.
const COMPUTE: [&str; 3] = ["flavor.FlavorService", "image.ImageService", "instance.InstanceService"];

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
        assert_eq!(unknown.unwrap_err().code(), tonic::Code::NotFound);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_lists_every_package() {
    let deployment = Deployment::start().await;
    let question = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers = ServerReflectionClient::new(deployment.grpc())
        .server_reflection_info(stream::iter([question]))
        .await
        .unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else { panic!("{answer:?}") };
    for service in SERVICES {
        assert!(list.service.iter().any(|listed| listed.name == service), "{service}: {list:?}");
    }
}
