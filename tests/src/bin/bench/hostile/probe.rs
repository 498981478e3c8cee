//! What is measured: a tenant that has nothing to do with the attack asks for its disk, again as soon as it is answered.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hdrhistogram::Histogram;
use patchbay::proto::clouddisk::cloud_disk_service_client::CloudDiskServiceClient;
use patchbay::proto::clouddisk::{CloudDiskConf, CreateCloudDiskReq, GetCloudDiskReq};
use patchbay_tests::Tenant;
use patchbay_tests::measured::scene;
use tonic::transport::Channel;

/// The one who asks.
pub(crate) struct Probe {
    client: CloudDiskServiceClient<Channel>,
    tenant: Tenant,
    volume_id: String,
}

impl Probe {
    /// A tenant of this name with a disk.
    pub(crate) async fn new(channel: Channel, name: &str) -> Result<Self> {
        let tenant = scene::tenant(channel.clone(), name).await?;
        let mut client = CloudDiskServiceClient::new(channel);
        let conf = CloudDiskConf { volume_type: String::new(), size_in_g: 1 };
        let request = CreateCloudDiskReq {
            volume_name: name.to_owned(),
            cloud_disk_conf: Some(conf),
            ..tenant.request()
        };
        let made = client.create_cloud_disk(request).await?.into_inner();
        let disk = made.cloud_disk.with_context(|| format!("CreateCloudDisk: {}", made.msg))?;
        Ok(Self { client, tenant, volume_id: disk.volume_id })
    }

    /// The latencies of one turn, in nanoseconds. Every answer must be a good one.
    pub(crate) async fn turn(&self, time: Duration) -> Result<Histogram<u64>> {
        let mut client = self.client.clone();
        let mut latencies = Histogram::new(3)?;
        let mut began = Instant::now();
        let end = began + time;
        while began < end {
            let request = GetCloudDiskReq { volume_id: self.volume_id.clone(), ..self.tenant.request() };
            let answer = client.get_cloud_disk(request).await?.into_inner();
            ensure!(answer.code == 0, "GetCloudDisk: {}", answer.msg);
            let answered = Instant::now();
            latencies.record(u64::try_from((answered - began).as_nanos())?)?;
            began = answered;
        }
        Ok(latencies)
    }
}
