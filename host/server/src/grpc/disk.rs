//! `clouddisk.CloudDiskService` (requirements, "块存储相关服务"). What changes a disk is an operation.

use patchbay_core::error::Error;
use patchbay_proto::clouddisk::cloud_disk_service_server::CloudDiskService;
use patchbay_proto::clouddisk::{
    CloudDiskConf, CloudDiskRes, CreateCloudDiskReq, DeleteCloudDiskReq, DeleteCloudDiskRes, GetCloudDiskReq,
    ModifyCloudDiskInfoReq, OperateCloudDiskReq, ReqizeCloudDiskReq, cloud_disk_res,
};
use patchbay_runtime::contract::storage::exports::patchbay::storage::disks as wit;
use patchbay_runtime::{Call, Disks};
use tonic::{Request, Response, Status};

use super::{Api, check};
use crate::grpc::convert::Convert;

#[tonic::async_trait]
impl CloudDiskService for Api {
    async fn create_cloud_disk(
        &self,
        request: Request<CreateCloudDiskReq>,
    ) -> Result<Response<CloudDiskRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let (region, spec) = (request.region.clone(), spec(request)?);
            let changed = self.change::<Disks>(call, &region, |at, disks, context| {
                Box::pin(disks.call_create(at, context, spec))
            });
            changed.await?.shown(async |call, id| self.shown_disk(call, id).await).await
        })
        .await
    }

    async fn get_cloud_disk(
        &self,
        request: Request<GetCloudDiskReq>,
    ) -> Result<Response<CloudDiskRes>, Status> {
        self.handle(request, async |call, request| {
            let id = check::id("volume_id", &request.volume_id)?;
            Ok(self.shown_disk(call.read(""), id).await?)
        })
        .await
    }

    async fn reqize_cloud_disk(
        &self,
        request: Request<ReqizeCloudDiskReq>,
    ) -> Result<Response<CloudDiskRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("volume_id", &request.volume_id)?;
            let (volume_type, size) = configuration(request.cloud_disk_conf)?;
            if !call.repeated {
                grows(&self.disk(call.read(""), id.clone()).await?, &volume_type, size)?;
            }
            let changed = self.change::<Disks>(call, "", move |at, disks, context| {
                Box::pin(disks.call_extend(at, context, id, size))
            });
            changed.await?.shown(async |call, id| self.shown_disk(call, id).await).await
        })
        .await
    }

    async fn modify_cloud_disk_info(
        &self,
        request: Request<ModifyCloudDiskInfoReq>,
    ) -> Result<Response<CloudDiskRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("volume_id", &request.volume_id)?;
            let (name, description) = changes(&request)?;
            let changed = self.change::<Disks>(call, "", |at, disks, context| {
                Box::pin(disks.call_update(at, context, id, name, description))
            });
            changed.await?.shown(async |call, id| self.shown_disk(call, id).await).await
        })
        .await
    }

    async fn operate_cloud_disk(
        &self,
        request: Request<OperateCloudDiskReq>,
    ) -> Result<Response<CloudDiskRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("volume_id", &request.volume_id)?;
            let instance = check::id("instance_id", &request.instance_id)?;
            let attach = check::one_of("ops_type", &request.ops_type, &["attach", "detach"])? == "attach";
            let changed = self.change::<Disks>(call, "", move |at, disks, context| {
                Box::pin(async move {
                    if attach {
                        disks.call_attach(at, context, id, instance).await
                    } else {
                        disks.call_detach(at, context, id, instance).await
                    }
                })
            });
            changed.await?.shown(async |call, id| self.shown_disk(call, id).await).await
        })
        .await
    }

    async fn delete_cloud_disk(
        &self,
        request: Request<DeleteCloudDiskReq>,
    ) -> Result<Response<DeleteCloudDiskRes>, Status> {
        self.handle_idempotent(request, async |call, request| {
            let id = check::id("volume_id", &request.volume_id)?;
            let changed = self
                .change::<Disks>(call, "", |at, disks, context| Box::pin(disks.call_delete(at, context, id)));
            Ok(changed.await?.told(|volume_id, deleted_time| DeleteCloudDiskRes {
                volume_id,
                deleted_time,
                ..Default::default()
            }))
        })
        .await
    }
}

impl Api {
    /// The disk as the backend has it now.
    async fn disk(&self, call: Call, id: String) -> Result<wit::Disk, Error> {
        let found = self.plugins.call::<Disks, _>(call, move |at, disks, context| {
            Box::pin(disks.call_get(at, context, vec![id]))
        });
        let missing = || Error::internal(anyhow::anyhow!("the plugin answered without the disk"));
        found.await?.pop().ok_or_else(missing)
    }

    async fn shown_disk(&self, call: Call, id: String) -> Result<CloudDiskRes, Error> {
        let disk = self.disk(call, id).await?;
        Ok(CloudDiskRes { cloud_disk: Some(Convert::convert(disk)), ..Default::default() })
    }
}

/// The request as the plugin takes it.
fn spec(request: CreateCloudDiskReq) -> Result<wit::Spec, Error> {
    let (volume_type, size) = configuration(request.cloud_disk_conf)?;
    Ok(wit::Spec {
        name: check::name("volume_name", &request.volume_name)?,
        description: check::text("volume_desc", &request.volume_desc)?,
        availability_zone: check::optional_id("availability_zone", &request.availability_zone)?,
        volume_type,
        size,
    })
}

/// Type and GiB.
fn configuration(conf: Option<CloudDiskConf>) -> Result<(String, u32), Error> {
    let conf = conf.ok_or_else(|| Error::invalid("cloud_disk_conf is missing."))?;
    let volume_type = check::text("cloud_disk_conf.volume_type", &conf.volume_type)?;
    Ok((volume_type, check::size("cloud_disk_conf.size_in_g", conf.size_in_g)?))
}

/// A resize makes a disk larger and leaves its type.
fn grows(disk: &wit::Disk, volume_type: &str, size: u32) -> Result<(), Error> {
    if !volume_type.is_empty() && volume_type != disk.volume_type {
        let is = &disk.volume_type;
        return Err(Error::invalid(format!(
            "cloud_disk_conf.volume_type cannot be changed: the disk is of the type {is:?}."
        )));
    }
    if size <= disk.size {
        let is = disk.size;
        return Err(Error::invalid(format!(
            "cloud_disk_conf.size_in_g must be larger than the disk's {is} GiB, not {size}."
        )));
    }
    Ok(())
}

/// Name and description; an empty one stays as it is.
fn changes(request: &ModifyCloudDiskInfoReq) -> Result<(String, String), Error> {
    let name = match request.volume_name.as_str() {
        "" => String::new(),
        name => check::name("volume_name", name)?,
    };
    Ok((name, check::text("volume_desc", &request.volume_desc)?))
}

impl Convert<wit::Disk> for cloud_disk_res::CloudDisk {
    fn convert(disk: wit::Disk) -> Self {
        let none =
            || wit::Attachment { instance_id: String::new(), device: String::new(), at: String::new() };
        let attachment = disk.attachment.unwrap_or_else(none);
        let size_in_g = i32::try_from(disk.size).unwrap_or(i32::MAX);
        Self {
            volume_id: disk.id,
            volume_name: disk.name,
            volume_desc: disk.description,
            region: disk.region,
            availability_zone: disk.availability_zone,
            cloud_disk_conf: Some(CloudDiskConf { volume_type: disk.volume_type, size_in_g }),
            volume_status: disk.status,
            created_time: disk.created_at,
            updated_time: disk.updated_at,
            attach_instance_id: attachment.instance_id,
            attach_instance_device: attachment.device,
            attached_time: attachment.at,
        }
    }
}
