//! The native handler's three RPCs; the contract's others it does not have.

use std::sync::Arc;

use anyhow::Result;
use cloudsim::REGION;
use futures::future::try_join_all;
use patchbay_proto::flavor::flavor_service_server::FlavorService;
use patchbay_proto::flavor::{self, GetFlavorReq, GetFlavorRes, ListFlavorsReq, ListFlavorsRes};
use patchbay_proto::instance::instance_res::Instance;
use patchbay_proto::instance::instance_service_server::InstanceService;
use patchbay_proto::instance::{
    self, CloudDiskConf, CreateInstanceReq, DeleteInstanceReq, DeleteInstanceRes, GetInstanceReq,
    InstanceRes, OperateInstanceReq, OperateInstanceRes, UpdateInstanceFlavorReq,
};
use tonic::{Request, Response, Status};

use super::Arguments;
use super::backend::{Backend, Flavor, Volume};

/// How hypervisors name a server's root disk.
const ROOT_DEVICES: [&str; 2] = ["/dev/vda", "/dev/sda"];

/// What answers in the place of host and plugins.
#[derive(Clone)]
pub(super) struct Handler(Arc<Inner>);

struct Inner {
    tenant_id: String,
    apikey: String,
    backend: Backend,
}

impl Handler {
    pub(super) fn new(arguments: Arguments) -> Result<Self> {
        let backend = Backend::new(&arguments)?;
        let Arguments { tenant_id, apikey, .. } = arguments;
        Ok(Self(Arc::new(Inner { tenant_id, apikey, backend })))
    }
}

impl Inner {
    fn check(&self, tenant_id: &str, apikey: &str) -> Result<(), Status> {
        if tenant_id == self.tenant_id && apikey == self.apikey {
            return Ok(());
        }
        Err(Status::unauthenticated("The tenant is unknown or its api key is wrong."))
    }

    async fn list_flavors(&self, request: &ListFlavorsReq) -> Result<ListFlavorsRes> {
        let flavors = self.backend.flavors(request.page_size).await?.into_iter();
        Ok(ListFlavorsRes { flavors: flavors.map(shown).collect(), ..Default::default() })
    }

    async fn get_flavor(&self, request: &GetFlavorReq) -> Result<GetFlavorRes> {
        let flavor = self.backend.flavor(&request.flavor_id).await?;
        Ok(GetFlavorRes { flavor: Some(shown(flavor)), ..Default::default() })
    }

    async fn get_instance(&self, request: &GetInstanceReq) -> Result<InstanceRes> {
        let server = self.backend.server(&request.instance_id).await?;
        let volumes = server.volumes.iter().map(|volume| self.backend.volume(&volume.id));
        let volumes = try_join_all(volumes).await?;
        let address = server.addresses.into_values().flatten().next();
        let (root, data): (Vec<_>, Vec<_>) = volumes.into_iter().partition(is_root);
        let root = root.into_iter().next();
        let instance = Instance {
            flavor: Some(instance::Flavor {
                flavor_id: self.backend.flavor_id(&server.flavor.original_name).await?,
                flavor_name: server.flavor.original_name,
                flavor_vcpus: server.flavor.vcpus.to_string(),
                flavor_ram: server.flavor.ram.to_string(),
                flavor_disk: server.flavor.disk.to_string(),
            }),
            network_uuid: self.backend.network_id(&server.id).await?,
            instance_id: server.id,
            instance_status: server.status,
            instance_addr: address.map(|address| address.addr).unwrap_or_default(),
            region: REGION.into(),
            availability_zone: server.availability_zone,
            image_ref: root.as_ref().map(|v| v.volume_image_metadata.image_id.clone()).unwrap_or_default(),
            system_disk: root.map(disk),
            data_disks: data.into_iter().map(disk).collect(),
            security_group_name: server.security_groups.into_iter().map(|group| group.name).collect(),
            instance_name: server.name,
            created_time: server.created,
            updated_time: server.updated,
            ..Default::default()
        };
        Ok(InstanceRes { instance: Some(instance), ..Default::default() })
    }
}

fn shown(flavor: Flavor) -> flavor::Flavor {
    flavor::Flavor {
        flavor_id: flavor.id,
        flavor_name: flavor.name,
        flavor_vcpus: flavor.vcpus.to_string(),
        flavor_ram: flavor.ram.to_string(),
        flavor_disk: flavor.disk.to_string(),
    }
}

fn is_root(volume: &Volume) -> bool {
    volume.attachments.first().is_some_and(|attachment| ROOT_DEVICES.contains(&attachment.device.as_str()))
}

fn disk(volume: Volume) -> CloudDiskConf {
    CloudDiskConf { volume_type: volume.volume_type, size_in_g: volume.size }
}

fn answer<T>(outcome: Result<T>) -> Result<Response<T>, Status> {
    outcome.map(Response::new).map_err(|error| Status::unavailable(format!("{error:#}")))
}

#[tonic::async_trait]
impl FlavorService for Handler {
    async fn list_flavors(
        &self,
        request: Request<ListFlavorsReq>,
    ) -> Result<Response<ListFlavorsRes>, Status> {
        let request = request.into_inner();
        self.0.check(&request.tenant_id, &request.apikey)?;
        answer(self.0.list_flavors(&request).await)
    }

    async fn get_flavor(&self, request: Request<GetFlavorReq>) -> Result<Response<GetFlavorRes>, Status> {
        let request = request.into_inner();
        self.0.check(&request.tenant_id, &request.apikey)?;
        answer(self.0.get_flavor(&request).await)
    }
}

#[tonic::async_trait]
impl InstanceService for Handler {
    async fn get_instance(&self, request: Request<GetInstanceReq>) -> Result<Response<InstanceRes>, Status> {
        let request = request.into_inner();
        self.0.check(&request.tenant_id, &request.apikey)?;
        answer(self.0.get_instance(&request).await)
    }

    async fn create_instance(&self, _: Request<CreateInstanceReq>) -> Result<Response<InstanceRes>, Status> {
        Err(Status::unimplemented("not measured"))
    }

    async fn update_instance_flavor(
        &self,
        _: Request<UpdateInstanceFlavorReq>,
    ) -> Result<Response<InstanceRes>, Status> {
        Err(Status::unimplemented("not measured"))
    }

    async fn delete_instance(
        &self,
        _: Request<DeleteInstanceReq>,
    ) -> Result<Response<DeleteInstanceRes>, Status> {
        Err(Status::unimplemented("not measured"))
    }

    async fn operate_instance(
        &self,
        _: Request<OperateInstanceReq>,
    ) -> Result<Response<OperateInstanceRes>, Status> {
        Err(Status::unimplemented("not measured"))
    }
}
