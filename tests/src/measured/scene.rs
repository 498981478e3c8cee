//! Who asks about what: a tenant with an instance that has a root volume and two data disks, made through the host.

use anyhow::{Context as _, Result, ensure};
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_proto::flavor::{self, ListFlavorsReq};
use patchbay_proto::image::ListImagesReq;
use patchbay_proto::image::image_service_client::ImageServiceClient;
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_proto::instance::{CloudDiskConf, CreateInstanceReq};
use patchbay_proto::tenant::CreateTenantReq;
use patchbay_proto::tenant::tenant_service_client::TenantServiceClient;
use tonic::Request;
use tonic::transport::Channel;

use super::host::{Host, OPERATOR_TOKEN};
use crate::Tenant;

/// The root disk's size; large enough for every image of the cloud.
const ROOT_GIB: i32 = 20;
/// The data disks' sizes.
const DATA_GIB: [i32; 2] = [1, 2];

/// The tenant and its instance.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Whose credentials calls carry.
    pub tenant: Tenant,
    /// The flavor of its instance.
    pub flavor_id: String,
    /// The instance, which runs.
    pub instance_id: String,
}

impl Scene {
    /// Registers a tenant of this name and makes its instance, in this network.
    ///
    /// # Errors
    /// If the host refuses.
    pub async fn set(host: &Host, name: &str, network: &str) -> Result<Self> {
        let channel = Channel::from_shared(host.address.clone())?.connect().await?;
        let tenant = tenant(channel.clone(), name).await?;
        let flavor = flavor(channel.clone(), &tenant).await?;
        let request = CreateInstanceReq {
            image_ref: image(channel.clone(), &tenant).await?,
            network_uuid: network.to_owned(),
            flavor_ref: flavor.flavor_id.clone(),
            system_disk: Some(disk(ROOT_GIB)),
            data_disks: DATA_GIB.map(disk).to_vec(),
            instance_name: name.into(),
            ..tenant.request()
        };
        let made = InstanceServiceClient::new(channel).create_instance(request).await?.into_inner();
        let instance = made.instance.with_context(|| format!("CreateInstance: {}", made.msg))?;
        ensure!(instance.instance_status == "ACTIVE", "CreateInstance: {}", made.msg);
        Ok(Self { tenant, flavor_id: flavor.flavor_id, instance_id: instance.instance_id })
    }
}

/// Registers a tenant of this name.
///
/// # Errors
/// If the host refuses.
pub async fn tenant(channel: Channel, name: &str) -> Result<Tenant> {
    let mut request = Request::new(CreateTenantReq { tenant_name: name.into() });
    request.metadata_mut().insert("authorization", format!("Bearer {OPERATOR_TOKEN}").parse()?);
    let made = TenantServiceClient::new(channel).create_tenant(request).await?.into_inner();
    ensure!(made.code == 0, "CreateTenant: {}", made.msg);
    Ok(Tenant { id: made.tenant_id, apikey: made.apikey })
}

/// The flavor with the least memory.
async fn flavor(channel: Channel, tenant: &Tenant) -> Result<flavor::Flavor> {
    let request: ListFlavorsReq = tenant.request();
    let listed = FlavorServiceClient::new(channel).list_flavors(request).await?.into_inner();
    let smallest = listed.flavors.into_iter().min_by_key(|flavor| flavor.flavor_ram.parse::<u32>().ok());
    smallest.with_context(|| format!("ListFlavors: {}", listed.msg))
}

async fn image(channel: Channel, tenant: &Tenant) -> Result<String> {
    let request: ListImagesReq = tenant.request();
    let listed = ImageServiceClient::new(channel).list_images(request).await?.into_inner();
    let first = listed.images.into_iter().next().map(|image| image.image_id);
    first.with_context(|| format!("ListImages: {}", listed.msg))
}

fn disk(size_in_g: i32) -> CloudDiskConf {
    CloudDiskConf { volume_type: String::new(), size_in_g }
}
