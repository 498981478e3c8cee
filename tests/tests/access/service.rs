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

/// The contract's services, and whether a plugin can serve them.
const SERVICES: [(&str, bool); 10] = [
    ("tenant.TenantService", true),
    ("flavor.FlavorService", true),
    ("image.ImageService", true),
    ("instance.InstanceService", true),
    ("securitygroup.SecurityGroupService", true),
    ("clouddisk.CloudDiskService", true),
    ("nasdisk.NasDiskService", true),
    ("oss.OSSService", false),
    ("vpc.VpcService", true),
    ("route.RouteService", true),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_rpc_without_a_plugin_says_so() {
    needs_cloudsim!();
    let deployment = Deployment::start().await;
    let tenant = deployment.tenant("acme").await;
    deployment.cloudsim().clear_record();
    let unserved: Vec<&str> = SERVICES.iter().filter(|(_, served)| !served).map(|(name, _)| *name).collect();
    let is_unserved = |service: &str| unserved.contains(&service);
    let methods =
        keyed_methods().into_iter().filter(|method| is_unserved(method.parent_service().full_name()));
    let mut called = 0;
    for method in methods {
        let (message, _) = request(&method, &tenant, "u-7");
        let (code, msg) = call(&deployment.grpc(), &method, message).await;
        assert_eq!(code, 12, "{}: {msg}", method.full_name());
        let domain = method.parent_service().package_name().to_owned();
        assert!(msg.contains("plugin") && msg.contains(&domain), "{}: {msg}", method.full_name());
        called += 1;
    }
    assert_eq!(called, 5);
    assert_eq!(deployment.cloudsim().requests(), [], "nothing reaches the cloud");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_which_services_are_served() {
    let deployment = Deployment::start().await;
    let mut health = HealthClient::new(deployment.grpc());
    for (service, served) in SERVICES.into_iter().chain([("", true)]) {
        let answer = health.check(HealthCheckRequest { service: service.to_owned() }).await.unwrap();
        let expected = if served { ServingStatus::Serving } else { ServingStatus::NotServing };
        assert_eq!(answer.into_inner().status(), expected, "{service:?}");
    }
    let unknown = health.check(HealthCheckRequest { service: "no.Service".to_owned() }).await;
    assert_eq!(unknown.unwrap_err().code(), tonic::Code::NotFound);
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
    for (service, _) in SERVICES {
        assert!(list.service.iter().any(|listed| listed.name == service), "{service}: {list:?}");
    }
}
