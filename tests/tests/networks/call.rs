//! The calls of the VPC and router services, and what their answers hold.

use patchbay_proto::route::route_service_client::RouteServiceClient;
use patchbay_proto::route::router_res::Router;
use patchbay_proto::route::{
    AttachSubnetReq, CreateRouterReq, DeleteRouterReq, DeleteRouterRes, DetachSubnetReq, GetRouterReq, Route,
    RouterRes, SetRoutesReq,
};
use patchbay_proto::vpc::vpc_res::Vpc;
use patchbay_proto::vpc::vpc_service_client::VpcServiceClient;
use patchbay_proto::vpc::{CreateVpcReq, GetVpcInfoReq, SetVpcInfoReq, VpcRes};
use patchbay_tests::admin::text;
use patchbay_tests::{Scene, Tenant};
use serde_json::Value;
use tonic::transport::Channel;

/// What a scene's tenant, or another one, does with VPCs and routers.
pub(crate) trait Networks {
    fn scene(&self) -> &Scene;

    fn vpcs(&self) -> VpcServiceClient<Channel> {
        VpcServiceClient::new(self.scene().deployment.grpc())
    }

    /// CreateVpc with nothing wrong.
    fn new_vpc(&self, vpc_name: &str, subnet: &str) -> CreateVpcReq {
        let (vpc_name, subnet) = (vpc_name.to_owned(), subnet.to_owned());
        CreateVpcReq { vpc_name, subnet, vpc_desc: "for tests".to_owned(), ..self.scene().tenant.request() }
    }

    async fn create_vpc(&self, name: &str, subnet: &str) -> Vpc {
        vpc(self.vpcs().create_vpc(self.new_vpc(name, subnet)).await.unwrap().into_inner())
    }

    async fn get_vpc(&self, tenant: &Tenant, id: &str) -> VpcRes {
        let request = GetVpcInfoReq { vpc_id: id.to_owned(), ..tenant.request() };
        self.vpcs().get_vpc_info(request).await.unwrap().into_inner()
    }

    async fn set_vpc(&self, tenant: &Tenant, id: &str, name: &str, description: &str) -> VpcRes {
        let (vpc_id, vpc_name, vpc_desc) = (id.to_owned(), name.to_owned(), description.to_owned());
        let request = SetVpcInfoReq { vpc_id, vpc_name, vpc_desc, ..tenant.request() };
        self.vpcs().set_vpc_info(request).await.unwrap().into_inner()
    }

    fn routers(&self) -> RouteServiceClient<Channel> {
        RouteServiceClient::new(self.scene().deployment.grpc())
    }

    /// CreateRouter with nothing wrong, and nothing attached.
    fn new_router(&self, name: &str) -> CreateRouterReq {
        CreateRouterReq { router_name: name.to_owned(), ..self.scene().tenant.request() }
    }

    async fn create_router(&self, request: CreateRouterReq) -> Router {
        router(self.routers().create_router(request).await.unwrap().into_inner())
    }

    async fn get_router(&self, tenant: &Tenant, id: &str) -> RouterRes {
        let request = GetRouterReq { router_id: id.to_owned(), ..tenant.request() };
        self.routers().get_router(request).await.unwrap().into_inner()
    }

    async fn delete_router(&self, tenant: &Tenant, id: &str) -> DeleteRouterRes {
        let request = DeleteRouterReq { router_id: id.to_owned(), ..tenant.request() };
        self.routers().delete_router(request).await.unwrap().into_inner()
    }

    async fn attach(&self, tenant: &Tenant, router: &str, vpc: &str, subnet: &str) -> RouterRes {
        let (router_id, vpc_id, subnet) = (router.to_owned(), vpc.to_owned(), subnet.to_owned());
        let request = AttachSubnetReq { router_id, vpc_id, subnet, ..tenant.request() };
        self.routers().attach_subnet(request).await.unwrap().into_inner()
    }

    async fn detach(&self, tenant: &Tenant, router: &str, vpc: &str, subnet: &str) -> RouterRes {
        let (router_id, vpc_id, subnet) = (router.to_owned(), vpc.to_owned(), subnet.to_owned());
        let request = DetachSubnetReq { router_id, vpc_id, subnet, ..tenant.request() };
        self.routers().detach_subnet(request).await.unwrap().into_inner()
    }

    async fn set_routes(&self, tenant: &Tenant, router: &str, routes: &[Route]) -> RouterRes {
        let (router_id, routes) = (router.to_owned(), routes.to_vec());
        let request = SetRoutesReq { router_id, routes, ..tenant.request() };
        self.routers().set_routes(request).await.unwrap().into_inner()
    }

    /// A network outside that the cloud offers to every tenant.
    async fn outside(&self) -> String {
        let found = self.scene().admin.list("network", "/networks?name=public", "networks").await;
        text(&found[0]["id"])
    }

    /// The resource of this id.
    async fn one(&self, kind: &str, id: &str) -> Value {
        let found = self.scene().owned(kind).await;
        found.into_iter().find(|resource| resource["id"] == id).unwrap_or_else(|| panic!("no {id} in {kind}"))
    }
}

impl Networks for Scene {
    fn scene(&self) -> &Scene {
        self
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
