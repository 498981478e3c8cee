//! `flavor.FlavorService` (requirements, "规格相关服务").

use patchbay_proto::flavor::flavor_service_server::FlavorService;
use patchbay_proto::flavor::{self, GetFlavorReq, GetFlavorRes, ListFlavorsReq, ListFlavorsRes};
use patchbay_runtime::Flavors;
use patchbay_runtime::contract::compute::exports::patchbay::compute::flavors::Flavor;
use tonic::{Request, Response, Status};

use super::{Api, check};
use crate::grpc::convert::Convert;

#[tonic::async_trait]
impl FlavorService for Api {
    async fn list_flavors(
        &self,
        request: Request<ListFlavorsReq>,
    ) -> Result<Response<ListFlavorsRes>, Status> {
        self.handle(request, async |call, request| {
            let page = check::page(request.page_number, request.page_size)?;
            let found = self.plugins.call::<Flavors, _>(call.read(""), move |at, flavors, context| {
                Box::pin(flavors.call_list(at, context, page))
            });
            let flavors = found.await?.into_iter().map(flavor::Flavor::convert).collect();
            Ok(ListFlavorsRes { flavors, ..Default::default() })
        })
        .await
    }

    async fn get_flavor(&self, request: Request<GetFlavorReq>) -> Result<Response<GetFlavorRes>, Status> {
        self.handle(request, async |call, request| {
            let id = check::id("flavor_id", &request.flavor_id)?;
            let found = self.plugins.call::<Flavors, _>(call.read(""), move |at, flavors, context| {
                Box::pin(flavors.call_get(at, context, id))
            });
            Ok(GetFlavorRes { flavor: Some(Convert::convert(found.await?)), ..Default::default() })
        })
        .await
    }
}

impl Convert<Flavor> for flavor::Flavor {
    fn convert(flavor: Flavor) -> Self {
        Self {
            flavor_id: flavor.id,
            flavor_name: flavor.name,
            flavor_vcpus: flavor.vcpus.to_string(),
            flavor_ram: flavor.ram.to_string(),
            flavor_disk: flavor.disk.to_string(),
        }
    }
}
