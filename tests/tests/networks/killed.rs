//! The host is killed while it waits for an answer of Neutron. The next one on the same database takes a change to its
//! end, and removes what was being made and cannot be taken further.

use std::time::Duration;

use cloudsim::{Fault, Service};
use patchbay_proto::route::route_service_client::RouteServiceClient;
use patchbay_proto::route::{CreateRouterReq, DeleteRouterReq, SetRoutesReq};
use patchbay_proto::vpc::vpc_service_client::VpcServiceClient;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Scene, needs_cloudsim, wait_for};
use tonic::transport::Channel;
use tonic::{Response, Status};

use crate::call::Networks;
use crate::routes::route;

/// Longer than any test: an answer that does not come.
const NEVER_MS: u64 = 600_000;
/// How long it may take until the host asks.
const ASKED_MAX: Duration = Duration::from_secs(60);

/// Kills the host that makes this call when it asks Neutron for `path`, and starts another.
async fn killed_at<T: Send + std::fmt::Debug + 'static, F>(
    scene: &mut Scene,
    (method, path): (&str, &str),
    call: impl FnOnce(Channel) -> F,
) -> HostProcess
where
    F: Future<Output = Result<Response<T>, Status>> + Send + 'static,
{
    let host = HostProcess::start(&mut scene.deployment).await;
    let cloud = scene.deployment.cloudsim().clone();
    cloud.clear_record();
    let part = path.split("{id}").max_by_key(|part| part.len()).unwrap();
    cloud.fault(Fault::delay(NEVER_MS).on(Service::Network, method, part));
    let call = tokio::spawn(call(host.grpc()));
    let route = format!("/v2.0/{path}");
    wait_for("the call of Neutron", ASKED_MAX, async || {
        (cloud.count(Service::Network, method, &route) > 0).then_some(())
    })
    .await;
    host.kill().await;
    assert!(call.await.unwrap().is_err(), "nobody answers after SIGKILL");
    cloud.clear_faults();
    HostProcess::start(&mut scene.deployment).await
}

/// Waits until this holds of the tenant's only router, or of none.
async fn comes_to(scene: &Scene, what: &str, holds: impl Fn(Option<&serde_json::Value>) -> bool) {
    wait_for(what, END_MAX, async || {
        let routers = scene.owned("routers").await;
        (routers.len() < 2 && holds(routers.first())).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_vpc_that_was_being_made_is_removed() {
    needs_cloudsim!();
    let mut scene = Scene::start().await;
    let request = scene.new_vpc("net-1", "10.1.0.0/24");
    let create = move |host| async move { VpcServiceClient::new(host).create_vpc(request).await };
    let _next = killed_at(&mut scene, ("POST", "subnets"), create).await;
    wait_for("the network to be removed", END_MAX, async || {
        scene.owned("networks").await.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_router_goes_on_to_its_subnets() {
    needs_cloudsim!();
    let mut scene = Scene::start().await;
    let vpc_ids = vec![scene.create_vpc("net-1", "10.1.0.0/24").await.vpc_id];
    let request = CreateRouterReq { vpc_ids, router_desc: "whole".to_owned(), ..scene.new_router("edge") };
    let create = move |host| async move { RouteServiceClient::new(host).create_router(request).await };
    let _next = killed_at(&mut scene, ("PUT", "routers/{id}/add_router_interface"), create).await;
    comes_to(&scene, "a whole router", |router| router.is_some_and(|r| r["description"] == "whole")).await;
    assert_eq!(scene.owned("ports").await.len(), 1);
}

#[tokio::test]
async fn a_table_and_a_deletion_go_on_to_their_ends() {
    needs_cloudsim!();
    let mut scene = Scene::start().await;
    let vpc_ids = vec![scene.create_vpc("net-1", "10.1.0.0/24").await.vpc_id];
    let router_id =
        scene.create_router(CreateRouterReq { vpc_ids, ..scene.new_router("edge") }).await.router_id;

    let routes = vec![route("192.168.0.0/16", "10.1.0.7")];
    let request = SetRoutesReq { router_id: router_id.clone(), routes, ..scene.tenant.request() };
    let set = move |host| async move { RouteServiceClient::new(host).set_routes(request).await };
    let next = killed_at(&mut scene, ("PUT", "routers/{id}"), set).await;
    let has_one = |router: Option<&serde_json::Value>| {
        router.is_some_and(|r| r["routes"].as_array().is_some_and(|routes| routes.len() == 1))
    };
    comes_to(&scene, "the new table", has_one).await;
    next.kill().await;

    let request = DeleteRouterReq { router_id, ..scene.tenant.request() };
    let delete = move |host| async move { RouteServiceClient::new(host).delete_router(request).await };
    let _next = killed_at(&mut scene, ("DELETE", "routers/{id}"), delete).await;
    comes_to(&scene, "no router", |router| router.is_none()).await;
}
