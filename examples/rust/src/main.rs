//! A client of Patchbay's API as a platform writes one: registers a tenant, looks at flavors and images, and makes, waits
//! for, shows and deletes a disk. It prints a line an answer. How it is run is in `examples/README.md`.
#![forbid(unsafe_code)]

mod contract;
mod proto;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use uuid::Uuid;

use crate::contract::{Tenant, bounded, of_operator, once, told};
use crate::proto::clouddisk::cloud_disk_service_client::CloudDiskServiceClient;
use crate::proto::clouddisk::{
    CloudDiskConf, CloudDiskRes, CreateCloudDiskReq, DeleteCloudDiskReq, GetCloudDiskReq,
};
use crate::proto::flavor::ListFlavorsReq;
use crate::proto::flavor::flavor_service_client::FlavorServiceClient;
use crate::proto::image::ListImagesReq;
use crate::proto::image::image_service_client::ImageServiceClient;
use crate::proto::tenant::CreateTenantReq;
use crate::proto::tenant::tenant_service_client::TenantServiceClient;

/// How often the disk is looked at, where making it takes longer than the call that asks for it may.
const LOOKS_MAX: usize = 300;
/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// Tries Patchbay's API.
#[derive(Parser)]
struct Arguments {
    /// The host's gRPC address.
    #[arg(long, env = "PATCHBAY_GRPC", default_value = "http://127.0.0.1:7000")]
    endpoint: String,
    /// Who issues the host's certificate, in PEM, instead of the system's authorities.
    #[arg(long, env = "PATCHBAY_CA")]
    ca: Option<PathBuf>,
    /// The operator's token.
    #[arg(long, env = "PATCHBAY_OPERATOR_TOKEN", hide_env_values = true)]
    token: String,
    /// The disk's name, and how the tenant's begins.
    #[arg(long, default_value = "example")]
    name: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("patchbay-example-client: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A connection to `http://…` or `https://…`.
async fn connect(endpoint: String, ca: Option<&Path>) -> Result<Channel> {
    let mut target = Endpoint::from_shared(endpoint)?.tcp_nodelay(true);
    if target.uri().scheme_str() == Some("https") {
        let tls = ClientTlsConfig::new();
        target = target.tls_config(match ca {
            Some(file) => tls.ca_certificate(Certificate::from_pem(std::fs::read(file)?)),
            None => tls.with_native_roots(),
        })?;
    }
    target.connect().await.context("no host answers")
}

async fn run(Arguments { endpoint, ca, token, name }: Arguments) -> Result<()> {
    let channel = connect(endpoint, ca.as_deref()).await?;

    let tenant = register(&channel, &token, &name).await?;
    let listed = FlavorServiceClient::new(channel.clone())
        .list_flavors(bounded(tenant.request::<ListFlavorsReq>()))
        .await;
    told("ListFlavors", listed, |answer| {
        answer.flavors.iter().map(|flavor| flavor.flavor_name.as_str()).collect::<Vec<_>>().join(", ")
    })?;
    let listed = ImageServiceClient::new(channel.clone())
        .list_images(bounded(tenant.request::<ListImagesReq>()))
        .await;
    told("ListImages", listed, |answer| {
        answer.images.iter().map(|image| image.image_name.as_str()).collect::<Vec<_>>().join(", ")
    })?;

    let mut disks = CloudDiskServiceClient::new(channel);
    let size = Some(CloudDiskConf { size_in_g: 1, ..Default::default() });
    let request = CreateCloudDiskReq { volume_name: name, cloud_disk_conf: size, ..tenant.request() };
    let made = told("CreateCloudDisk", disks.create_cloud_disk(once(request)?).await, shown)?;
    let volume_id = made.cloud_disk.context("the answer has no disk")?.volume_id;
    available(&mut disks, &tenant, &volume_id).await?;
    let request = DeleteCloudDiskReq { volume_id, ..tenant.request() };
    let gone = disks.delete_cloud_disk(once(request)?).await;
    told("DeleteCloudDisk", gone, |answer| format!("{} at {}", answer.volume_id, answer.deleted_time))?;
    Ok(())
}

/// A new tenant. The operator's token is for this alone; what the tenant asks for carries its api key, which is told this
/// once.
async fn register(channel: &Channel, token: &str, name: &str) -> Result<Tenant> {
    let number = Uuid::new_v4().simple().to_string();
    let request = once(CreateTenantReq { tenant_name: format!("{name}-{}", &number[..8]) })?;
    let made = TenantServiceClient::new(channel.clone()).create_tenant(of_operator(request, token)?).await;
    let made = told("CreateTenant", made, |answer| answer.tenant_id.clone())?;
    Ok(Tenant { id: made.tenant_id, apikey: made.apikey })
}

/// Waits for the disk: where making it takes longer than a call may, it is answered as it is then, and the host goes on.
async fn available(
    disks: &mut CloudDiskServiceClient<Channel>,
    tenant: &Tenant,
    volume_id: &str,
) -> Result<()> {
    for _ in 0..LOOKS_MAX {
        let request = GetCloudDiskReq { volume_id: volume_id.to_owned(), ..tenant.request() };
        let got = told("GetCloudDisk", disks.get_cloud_disk(bounded(request)).await, shown)?;
        match got.cloud_disk.context("the answer has no disk")?.volume_status.as_str() {
            "available" => return Ok(()),
            "creating" => tokio::time::sleep(LOOK).await,
            status => bail!("the disk {volume_id} is {status}"),
        }
    }
    bail!("the disk {volume_id} is still being made")
}

fn shown(answer: &CloudDiskRes) -> String {
    let disk = answer.cloud_disk.clone().unwrap_or_default();
    let size = disk.cloud_disk_conf.unwrap_or_default().size_in_g;
    format!("{}, {size} GiB, {}", disk.volume_name, disk.volume_status)
}
