//! What is asked about: a tenant with an instance that has a root volume and two data disks, made through the host.

use anyhow::{Context as _, Result, ensure};
use patchbay::proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay::proto::flavor::{self, ListFlavorsReq};
use patchbay::proto::image::ListImagesReq;
use patchbay::proto::image::image_service_client::ImageServiceClient;
use patchbay::proto::instance::instance_service_client::InstanceServiceClient;
use patchbay::proto::instance::{CloudDiskConf, CreateInstanceReq};
use patchbay::proto::tenant::CreateTenantReq;
use patchbay::proto::tenant::tenant_service_client::TenantServiceClient;
use tonic::Request;
use tonic::transport::Channel;

use crate::cloud::{Cloud, Session};
use crate::host::{Host, OPERATOR_TOKEN};

/// The root disk's size; large enough for every image of the cloud.
const ROOT_GIB: i32 = 20;
/// The data disks' sizes.
const DATA_GIB: [i32; 2] = [1, 2];

/// The tenant, its instance, and a login for who calls the cloud without the host.
pub(crate) struct Scene {
    pub(crate) tenant_id: String,
    pub(crate) apikey: String,
    pub(crate) instance_id: String,
    pub(crate) member: Session,
}

impl Scene {
    pub(crate) async fn set(host: &Host, cloud: &Cloud) -> Result<Self> {
        let channel = Channel::from_shared(host.address.clone())?.connect().await?;
        let (tenant_id, apikey) = tenant(channel.clone()).await?;
        let flavor = flavor(channel.clone(), &tenant_id, &apikey).await?;
        let request = CreateInstanceReq {
            image_ref: image(channel.clone(), &tenant_id, &apikey).await?,
            network_uuid: cloud.network().await?,
            flavor_ref: flavor.flavor_id,
            system_disk: Some(disk(ROOT_GIB)),
            data_disks: DATA_GIB.map(disk).to_vec(),
            instance_name: "bench".into(),
            tenant_id: tenant_id.clone(),
            apikey: apikey.clone(),
            ..Default::default()
        };
        let made = InstanceServiceClient::new(channel).create_instance(request).await?.into_inner();
        let instance = made.instance.with_context(|| format!("CreateInstance: {}", made.msg))?;
        ensure!(instance.instance_status == "ACTIVE", "CreateInstance: {}", made.msg);
        let member = cloud.member(&tenant_id).await?;
        Ok(Self { tenant_id, apikey, instance_id: instance.instance_id, member })
    }
}

async fn tenant(channel: Channel) -> Result<(String, String)> {
    let mut request = Request::new(CreateTenantReq { tenant_name: "bench".into() });
    request.metadata_mut().insert("authorization", format!("Bearer {OPERATOR_TOKEN}").parse()?);
    let made = TenantServiceClient::new(channel).create_tenant(request).await?.into_inner();
    ensure!(made.code == 0, "CreateTenant: {}", made.msg);
    Ok((made.tenant_id, made.apikey))
}

/// The flavor with the least memory.
async fn flavor(channel: Channel, tenant_id: &str, apikey: &str) -> Result<flavor::Flavor> {
    let request = ListFlavorsReq { tenant_id: tenant_id.into(), apikey: apikey.into(), ..Default::default() };
    let listed = FlavorServiceClient::new(channel).list_flavors(request).await?.into_inner();
    let smallest = listed.flavors.into_iter().min_by_key(|flavor| flavor.flavor_ram.parse::<u32>().ok());
    smallest.with_context(|| format!("ListFlavors: {}", listed.msg))
}

async fn image(channel: Channel, tenant_id: &str, apikey: &str) -> Result<String> {
    let request = ListImagesReq { tenant_id: tenant_id.into(), apikey: apikey.into(), ..Default::default() };
    let listed = ImageServiceClient::new(channel).list_images(request).await?.into_inner();
    let first = listed.images.into_iter().next().map(|image| image.image_id);
    first.with_context(|| format!("ListImages: {}", listed.msg))
}

fn disk(size_in_g: i32) -> CloudDiskConf {
    CloudDiskConf { volume_type: String::new(), size_in_g }
}
