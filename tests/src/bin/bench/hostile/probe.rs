//! What is measured: a tenant that has nothing to do with the attack asks for its disk, or for a flavor, again as soon as it
//! is answered.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hdrhistogram::Histogram;
use patchbay_proto::clouddisk::cloud_disk_service_client::CloudDiskServiceClient;
use patchbay_proto::clouddisk::{CloudDiskConf, CreateCloudDiskReq, GetCloudDiskReq};
use patchbay_proto::flavor::GetFlavorReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::Tenant;
use patchbay_tests::measured::scene;
use tonic::transport::Channel;

use super::disturbance::Probed;

/// The one who asks.
pub(crate) struct Probe {
    disks: CloudDiskServiceClient<Channel>,
    flavors: FlavorServiceClient<Channel>,
    tenant: Tenant,
    volume_id: String,
}

impl Probe {
    /// A tenant of this name with a disk.
    pub(crate) async fn new(channel: Channel, name: &str) -> Result<Self> {
        let tenant = scene::tenant(channel.clone(), name).await?;
        let flavors = FlavorServiceClient::new(channel.clone());
        let mut disks = CloudDiskServiceClient::new(channel);
        let conf = CloudDiskConf { volume_type: String::new(), size_in_g: 1 };
        let request = CreateCloudDiskReq {
            volume_name: name.to_owned(),
            cloud_disk_conf: Some(conf),
            ..tenant.request()
        };
        let made = disks.create_cloud_disk(request).await?.into_inner();
        let disk = made.cloud_disk.with_context(|| format!("CreateCloudDisk: {}", made.msg))?;
        Ok(Self { disks, flavors, tenant, volume_id: disk.volume_id })
    }

    /// The latencies of one turn, in nanoseconds. Every answer must be a good one.
    pub(crate) async fn turn(&self, probed: Probed, time: Duration) -> Result<Histogram<u64>> {
        let mut latencies = Histogram::new(3)?;
        let mut began = Instant::now();
        let end = began + time;
        while began < end {
            let (code, msg) = self.ask(probed).await?;
            ensure!(code == 0, "the neighbour is refused: {msg}");
            let answered = Instant::now();
            latencies.record(u64::try_from((answered - began).as_nanos())?)?;
            began = answered;
        }
        Ok(latencies)
    }

    async fn ask(&self, probed: Probed) -> Result<(i32, String)> {
        Ok(match probed {
            Probed::Disk => {
                let request = GetCloudDiskReq { volume_id: self.volume_id.clone(), ..self.tenant.request() };
                let answer = self.disks.clone().get_cloud_disk(request).await?.into_inner();
                (answer.code, answer.msg)
            }
            Probed::Flavor => {
                let request = GetFlavorReq { flavor_id: "x".into(), ..self.tenant.request() };
                let answer = self.flavors.clone().get_flavor(request).await?.into_inner();
                (answer.code, answer.msg)
            }
        })
    }
}
