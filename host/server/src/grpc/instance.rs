//! `instance.InstanceService` (requirements, "云主机相关服务"). What changes an instance is an operation.

use patchbay_core::error::Error;
use patchbay_proto::instance::instance_service_server::InstanceService;
use patchbay_proto::instance::{
    self, CloudDiskConf, CreateInstanceReq, DeleteInstanceReq, DeleteInstanceRes, GetInstanceReq,
    InstanceRes, OperateInstanceReq, OperateInstanceRes, UpdateInstanceFlavorReq, instance_res,
};
use patchbay_runtime::contract::compute::exports::patchbay::compute::instances as wit;
use patchbay_runtime::{Call, Instances};
use tonic::{Request, Response, Status};

use super::{Api, check};
use crate::grpc::convert::Convert;

/// What `operate_type` may be: the contract's five, and `resume`, without which `suspend` is a dead end.
const OPERATIONS: [&str; 6] = ["start", "stop", "softreboot", "hardreboot", "suspend", "resume"];

/// Data disks of one request; Nova attaches at most 26 disks to a server.
const DATA_DISKS_MAX: usize = 25;

/// Security groups of one request.
const SECURITY_GROUPS_MAX: usize = 64;

#[tonic::async_trait]
impl InstanceService for Api {
    async fn create_instance(
        &self,
        request: Request<CreateInstanceReq>,
    ) -> Result<Response<InstanceRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let (region, spec) = (request.region.clone(), spec(request)?);
            let changed = self.change::<Instances>(call, &region, |at, instances, context| {
                Box::pin(instances.call_create(at, context, spec))
            });
            changed.await?.shown(async |call, id| self.shown(call, id).await).await
        })
        .await
    }

    async fn get_instance(&self, request: Request<GetInstanceReq>) -> Result<Response<InstanceRes>, Status> {
        self.handle(request, async |call, request| {
            let id = check::id("instance_id", &request.instance_id)?;
            Ok(self.shown(call.read(""), id).await?)
        })
        .await
    }

    async fn update_instance_flavor(
        &self,
        request: Request<UpdateInstanceFlavorReq>,
    ) -> Result<Response<InstanceRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("instance_id", &request.instance_id)?;
            let flavor = check::id("flavor_ref", &request.flavor_ref)?;
            let changed = self.change::<Instances>(call, "", |at, instances, context| {
                Box::pin(instances.call_resize(at, context, id, flavor))
            });
            changed.await?.shown(async |call, id| self.shown(call, id).await).await
        })
        .await
    }

    async fn delete_instance(
        &self,
        request: Request<DeleteInstanceReq>,
    ) -> Result<Response<DeleteInstanceRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("instance_id", &request.instance_id)?;
            let changed = self.change::<Instances>(call, "", |at, instances, context| {
                Box::pin(instances.call_delete(at, context, id))
            });
            Ok(changed.await?.told(|instance_id, deleted_time| DeleteInstanceRes {
                instance_id,
                deleted_time,
                ..Default::default()
            }))
        })
        .await
    }

    async fn operate_instance(
        &self,
        request: Request<OperateInstanceReq>,
    ) -> Result<Response<OperateInstanceRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("instance_id", &request.instance_id)?;
            let operate_type = check::one_of("operate_type", &request.operate_type, &OPERATIONS)?;
            let action = operate_type.clone();
            let changed = self.change::<Instances>(call, "", |at, instances, context| {
                Box::pin(instances.call_operate(at, context, id, action))
            });
            Ok(changed.await?.told(|instance_id, operated_time| OperateInstanceRes {
                instance_id,
                operated_time,
                operate_type,
                ..Default::default()
            }))
        })
        .await
    }
}

impl Api {
    /// The instance as the backend shows it now.
    async fn shown(&self, call: Call, id: String) -> Result<InstanceRes, Error> {
        let found = self.plugins.call::<Instances, _>(call, move |at, instances, context| {
            Box::pin(instances.call_get(at, context, id))
        });
        Ok(InstanceRes { instance: Some(Convert::convert(found.await?)), ..Default::default() })
    }
}

/// The request as the plugin takes it.
fn spec(request: CreateInstanceReq) -> Result<wit::Spec, Error> {
    let system_disk = request.system_disk.ok_or_else(|| Error::invalid("system_disk is missing."))?;
    if request.data_disks.len() > DATA_DISKS_MAX {
        return Err(Error::invalid(format!("data_disks holds more than {DATA_DISKS_MAX} disks.")));
    }
    if request.security_group_name.len() > SECURITY_GROUPS_MAX {
        return Err(Error::invalid(format!(
            "security_group_name holds more than {SECURITY_GROUPS_MAX} names."
        )));
    }
    let groups = request.security_group_name.iter().map(|group| check::name("security_group_name", group));
    let data_disks = request.data_disks.iter().map(|disk| disk_spec("data_disks", disk));
    Ok(wit::Spec {
        name: check::name("instance_name", &request.instance_name)?,
        availability_zone: check::optional_id("availability_zone", &request.availability_zone)?,
        flavor_id: check::id("flavor_ref", &request.flavor_ref)?,
        image_id: check::id("image_ref", &request.image_ref)?,
        system_disk: disk_spec("system_disk", &system_disk)?,
        data_disks: data_disks.collect::<Result<_, _>>()?,
        network_id: check::id("network_uuid", &request.network_uuid)?,
        security_groups: groups.collect::<Result<_, _>>()?,
        hypervisor_hostname: check::optional_id("hypervisor_hostname", &request.hypervisor_hostname)?,
    })
}

fn disk_spec(field: &str, disk: &CloudDiskConf) -> Result<wit::DiskSpec, Error> {
    Ok(wit::DiskSpec {
        volume_type: check::text(&format!("{field}.volume_type"), &disk.volume_type)?,
        size: check::size(&format!("{field}.size_in_g"), disk.size_in_g)?,
    })
}

impl Convert<wit::Instance> for instance_res::Instance {
    fn convert(instance: wit::Instance) -> Self {
        Self {
            instance_id: instance.id,
            instance_status: instance.status,
            instance_addr: instance.address,
            region: instance.region,
            availability_zone: instance.availability_zone,
            flavor: Some(Convert::convert(instance.flavor)),
            image_ref: instance.image_id,
            system_disk: instance.system_disk.map(CloudDiskConf::convert),
            data_disks: instance.data_disks.into_iter().map(CloudDiskConf::convert).collect(),
            network_uuid: instance.network_id,
            security_group_name: instance.security_groups,
            instance_name: instance.name,
            hypervisor_hostname: instance.hypervisor_hostname,
            created_time: instance.created_at,
            updated_time: instance.updated_at,
        }
    }
}

impl Convert<wit::Flavor> for instance::Flavor {
    fn convert(flavor: wit::Flavor) -> Self {
        Self {
            flavor_id: flavor.id,
            flavor_name: flavor.name,
            flavor_vcpus: flavor.vcpus.to_string(),
            flavor_ram: flavor.ram.to_string(),
            flavor_disk: flavor.disk.to_string(),
        }
    }
}

impl Convert<wit::DiskSpec> for CloudDiskConf {
    fn convert(disk: wit::DiskSpec) -> Self {
        Self { volume_type: disk.volume_type, size_in_g: i32::try_from(disk.size).unwrap_or(i32::MAX) }
    }
}
