//! A deployment with one tenant, and what the cloud's administrator sees of the tenant's networks.

use std::time::Duration;

use patchbay::proto::route::route_service_client::RouteServiceClient;
use patchbay::proto::route::router_res::Router;
use patchbay::proto::route::{CreateRouterReq, DeleteRouterReq, DeleteRouterRes, GetRouterReq, RouterRes};
use patchbay::proto::vpc::vpc_service_client::VpcServiceClient;
use patchbay::proto::vpc::{CreateVpcReq, GetVpcInfoReq, VpcRes, vpc_res::Vpc};
use patchbay_tests::admin::{Admin, text};
use patchbay_tests::{Deployment, Tenant};
use serde_json::Value;
use tonic::transport::Channel;

/// How long undoing may go on after an answer.
pub(crate) const END_MAX: Duration = Duration::from_secs(60);

/// One tenant of a deployment of its own.
pub(crate) struct Scene {
    pub(crate) deployment: Deployment,
    pub(crate) tenant: Tenant,
    pub(crate) admin: Admin,
    pub(crate) project: String,
}

impl Scene {
    pub(crate) async fn start() -> Self {
        Self::of(Deployment::start().await).await
    }

    pub(crate) async fn of(deployment: Deployment) -> Self {
        let tenant = deployment.tenant("acme").await;
        let admin = deployment.admin().await;
        let project = admin.project(&tenant.id).await;
        Self { deployment, tenant, admin, project }
    }

    pub(crate) fn vpcs(&self) -> VpcServiceClient<Channel> {
        VpcServiceClient::new(self.deployment.grpc())
    }

    /// CreateVpc with nothing wrong.
    pub(crate) fn new_vpc(&self, vpc_name: &str, subnet: &str) -> CreateVpcReq {
        let (vpc_name, subnet) = (vpc_name.to_owned(), subnet.to_owned());
        CreateVpcReq { vpc_name, subnet, vpc_desc: "for tests".to_owned(), ..self.tenant.request() }
    }

    pub(crate) async fn create_vpc(&self, name: &str, subnet: &str) -> Vpc {
        vpc(self.vpcs().create_vpc(self.new_vpc(name, subnet)).await.unwrap().into_inner())
    }

    pub(crate) async fn get_vpc(&self, tenant: &Tenant, id: &str) -> VpcRes {
        let request = GetVpcInfoReq { vpc_id: id.to_owned(), ..tenant.request() };
        self.vpcs().get_vpc_info(request).await.unwrap().into_inner()
    }

    pub(crate) fn routers(&self) -> RouteServiceClient<Channel> {
        RouteServiceClient::new(self.deployment.grpc())
    }

    /// CreateRouter with nothing wrong, and nothing attached.
    pub(crate) fn new_router(&self, name: &str) -> CreateRouterReq {
        CreateRouterReq { router_name: name.to_owned(), ..self.tenant.request() }
    }

    pub(crate) async fn create_router(&self, request: CreateRouterReq) -> Router {
        router(self.routers().create_router(request).await.unwrap().into_inner())
    }

    pub(crate) async fn get_router(&self, tenant: &Tenant, id: &str) -> RouterRes {
        let request = GetRouterReq { router_id: id.to_owned(), ..tenant.request() };
        self.routers().get_router(request).await.unwrap().into_inner()
    }

    pub(crate) async fn delete_router(&self, tenant: &Tenant, id: &str) -> DeleteRouterRes {
        let request = DeleteRouterReq { router_id: id.to_owned(), ..tenant.request() };
        self.routers().delete_router(request).await.unwrap().into_inner()
    }

    /// A network outside that the cloud offers to every tenant.
    pub(crate) async fn outside(&self) -> String {
        let found = self.admin.list("network", "/networks?name=public", "networks").await;
        text(&found[0]["id"])
    }

    /// The project's own resources: `found("networks")`.
    pub(crate) async fn found(&self, kind: &str) -> Vec<Value> {
        self.admin.list("network", &format!("/{kind}?project_id={}", self.project), kind).await
    }

    /// The resource of this id.
    pub(crate) async fn one(&self, kind: &str, id: &str) -> Value {
        let found = self.found(kind).await;
        found.into_iter().find(|resource| resource["id"] == id).unwrap_or_else(|| panic!("no {id} in {kind}"))
    }
}

/// The router of a success.
pub(crate) fn router(answer: RouterRes) -> Router {
    assert_eq!(answer.code, 0, "{}", answer.msg);
    answer.router.unwrap()
}

/// The VPC of a success.
pub(crate) fn vpc(answer: VpcRes) -> Vpc {
    assert_eq!(answer.code, 0, "{}", answer.msg);
    answer.vpc.unwrap()
}
