//! `route.RouteService` (`proto/route.proto`). What changes a router is an operation. What a request must look like is
//! in `route/request.rs`.

mod request;

use patchbay_core::error::Error;
use patchbay_proto::route::route_service_server::RouteService;
use patchbay_proto::route::{
    AttachSubnetReq, CreateRouterReq, DeleteRouterReq, DeleteRouterRes, DetachSubnetReq, GetRouterReq,
    ListRoutersReq, ListRoutersRes, Route, RouterRes, SetRoutesReq, router_res,
};
use patchbay_runtime::contract::network::exports::patchbay::network::routers as wit;
use patchbay_runtime::{Call, Routers};
use tonic::{Request, Response, Status};

use super::{Api, check};
use crate::grpc::convert::Convert;

#[tonic::async_trait]
impl RouteService for Api {
    async fn create_router(&self, request: Request<CreateRouterReq>) -> Result<Response<RouterRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let (region, spec) = (request.region.clone(), request::spec(request)?);
            let changed = self.change::<Routers>(call, &region, |at, routers, context| {
                Box::pin(routers.call_create(at, context, spec))
            });
            changed.await?.shown(async |call, id| self.router(call, id).await).await
        })
        .await
    }

    async fn get_router(&self, request: Request<GetRouterReq>) -> Result<Response<RouterRes>, Status> {
        self.handle(request, async |call, request| {
            let id = check::id("router_id", &request.router_id)?;
            Ok(self.router(call.read(""), id).await?)
        })
        .await
    }

    async fn list_routers(
        &self,
        request: Request<ListRoutersReq>,
    ) -> Result<Response<ListRoutersRes>, Status> {
        self.handle(request, async |call, request| {
            let page = check::page(request.page_number, request.page_size)?;
            let found =
                self.plugins.call::<Routers, _>(call.read(&request.region), move |at, routers, context| {
                    Box::pin(routers.call_list(at, context, page))
                });
            let routers = found.await?.into_iter().map(router_res::Router::convert).collect();
            Ok(ListRoutersRes { routers, ..Default::default() })
        })
        .await
    }

    async fn delete_router(
        &self,
        request: Request<DeleteRouterReq>,
    ) -> Result<Response<DeleteRouterRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("router_id", &request.router_id)?;
            let changed = self.change::<Routers>(call, "", |at, routers, context| {
                Box::pin(routers.call_delete(at, context, id))
            });
            Ok(changed.await?.told(|router_id, deleted_time| DeleteRouterRes {
                router_id,
                deleted_time,
                ..Default::default()
            }))
        })
        .await
    }

    async fn attach_subnet(&self, request: Request<AttachSubnetReq>) -> Result<Response<RouterRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("router_id", &request.router_id)?;
            let vpc = check::id("vpc_id", &request.vpc_id)?;
            let subnet = request::optional_subnet(&request.subnet)?;
            let changed = self.change::<Routers>(call, "", |at, routers, context| {
                Box::pin(routers.call_attach_subnet(at, context, id, vpc, subnet))
            });
            changed.await?.shown(async |call, id| self.router(call, id).await).await
        })
        .await
    }

    async fn detach_subnet(&self, request: Request<DetachSubnetReq>) -> Result<Response<RouterRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("router_id", &request.router_id)?;
            let vpc = check::id("vpc_id", &request.vpc_id)?;
            let subnet = request::optional_subnet(&request.subnet)?;
            let changed = self.change::<Routers>(call, "", |at, routers, context| {
                Box::pin(routers.call_detach_subnet(at, context, id, vpc, subnet))
            });
            changed.await?.shown(async |call, id| self.router(call, id).await).await
        })
        .await
    }

    async fn set_routes(&self, request: Request<SetRoutesReq>) -> Result<Response<RouterRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("router_id", &request.router_id)?;
            let routes = request::routes(request.routes)?;
            let changed = self.change::<Routers>(call, "", |at, routers, context| {
                Box::pin(routers.call_set_routes(at, context, id, routes))
            });
            changed.await?.shown(async |call, id| self.router(call, id).await).await
        })
        .await
    }
}

impl Api {
    /// The router as the backend shows it now.
    async fn router(&self, call: Call, id: String) -> Result<RouterRes, Error> {
        let found = self.plugins.call::<Routers, _>(call, move |at, routers, context| {
            Box::pin(routers.call_get(at, context, id))
        });
        Ok(RouterRes { router: Some(Convert::convert(found.await?)), ..Default::default() })
    }
}

impl Convert<wit::Router> for router_res::Router {
    fn convert(router: wit::Router) -> Self {
        Self {
            router_id: router.id,
            router_name: router.name,
            router_desc: router.description,
            region: router.region,
            router_status: router.status,
            external_network_id: router.external_network_id,
            external_addresses: router.external_addresses,
            subnets: router.subnets.into_iter().map(router_res::router::Subnet::convert).collect(),
            routes: router.routes.into_iter().map(Route::convert).collect(),
            created_time: router.created_at,
            updated_time: router.updated_at,
        }
    }
}

impl Convert<wit::Subnet> for router_res::router::Subnet {
    fn convert(subnet: wit::Subnet) -> Self {
        Self {
            subnet_id: subnet.id,
            vpc_id: subnet.vpc_id,
            subnet: subnet.cidr,
            router_address: subnet.address,
        }
    }
}

impl Convert<wit::Route> for Route {
    fn convert(route: wit::Route) -> Self {
        Self { destination: route.destination, next_hop: route.next_hop }
    }
}
