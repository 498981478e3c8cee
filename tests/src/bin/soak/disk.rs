//! A caller's disks: every answer must show the disk as it was asked for.

use patchbay_proto::clouddisk::cloud_disk_res::CloudDisk;
use patchbay_proto::clouddisk::cloud_disk_service_client::CloudDiskServiceClient;
use patchbay_proto::clouddisk::{
    CloudDiskConf, CreateCloudDiskReq, DeleteCloudDiskReq, GetCloudDiskReq, ModifyCloudDiskInfoReq,
    ReqizeCloudDiskReq,
};
use tonic::transport::Channel;

use crate::caller::{Caller, Kept, Kind};
use crate::rpc::Rpc;

/// A disk's size when it is made, and after it was extended.
const GIB: [i32; 2] = [1, 2];

impl Caller {
    fn disks(&self) -> CloudDiskServiceClient<Channel> {
        CloudDiskServiceClient::new(self.client.channel.clone())
    }

    /// A new disk.
    pub(crate) async fn create_disk(&self, name: &str) -> Option<Kept> {
        let request = CreateCloudDiskReq {
            volume_name: name.to_owned(),
            cloud_disk_conf: Some(size(GIB[0])),
            ..self.scene.tenant.request()
        };
        let expected = words(name, GIB[0]);
        let mut client = self.disks();
        let made = self.client.ask(Rpc::CreateCloudDisk, client.create_cloud_disk(request), |answer| {
            answer.cloud_disk.filter(|disk| shown(disk) == expected)
        });
        let id = made.await?.volume_id;
        Some(Kept { caller: self.clone(), kind: Kind::Disk, id, expected })
    }

    /// Another name.
    pub(crate) async fn rename_disk(&self, disk: &mut Kept, name: &str) -> Option<()> {
        let request = ModifyCloudDiskInfoReq {
            volume_id: disk.id.clone(),
            volume_name: name.to_owned(),
            ..self.scene.tenant.request()
        };
        disk.expected = words(name, GIB[0]);
        let mut client = self.disks();
        let call = client.modify_cloud_disk_info(request);
        let same = |shown_disk: &CloudDisk| shown(shown_disk) == disk.expected;
        self.client.ask(Rpc::ModifyCloudDiskInfo, call, |answer| answer.cloud_disk.filter(same)).await?;
        Some(())
    }

    /// More room; `name` is the one that it has.
    pub(crate) async fn extend_disk(&self, disk: &mut Kept, name: &str) -> Option<()> {
        let request = ReqizeCloudDiskReq {
            volume_id: disk.id.clone(),
            cloud_disk_conf: Some(size(GIB[1])),
            ..self.scene.tenant.request()
        };
        disk.expected = words(name, GIB[1]);
        let mut client = self.disks();
        let call = client.reqize_cloud_disk(request);
        let same = |shown_disk: &CloudDisk| shown(shown_disk) == disk.expected;
        self.client.ask(Rpc::ReqizeCloudDisk, call, |answer| answer.cloud_disk.filter(same)).await?;
        Some(())
    }

    /// How a disk is.
    pub(crate) async fn disk(&self, id: &str) -> Option<String> {
        let request = GetCloudDiskReq { volume_id: id.to_owned(), ..self.scene.tenant.request() };
        let mut client = self.disks();
        let call = client.get_cloud_disk(request);
        self.client.ask(Rpc::GetCloudDisk, call, |answer| answer.cloud_disk.as_ref().map(shown)).await
    }

    /// The end of a disk.
    pub(crate) async fn delete_disk(&self, id: &str) -> Option<()> {
        let request = DeleteCloudDiskReq { volume_id: id.to_owned(), ..self.scene.tenant.request() };
        let mut client = self.disks();
        let call = client.delete_cloud_disk(request);
        self.client.ask(Rpc::DeleteCloudDisk, call, |answer| (answer.volume_id == id).then_some(())).await
    }
}

fn size(size_in_g: i32) -> CloudDiskConf {
    CloudDiskConf { size_in_g, ..CloudDiskConf::default() }
}

fn words(name: &str, gib: i32) -> String {
    format!("{name}, {gib} GiB, available")
}

fn shown(disk: &CloudDisk) -> String {
    let gib = disk.cloud_disk_conf.as_ref().map_or(0, |conf| conf.size_in_g);
    format!("{}, {gib} GiB, {}", disk.volume_name, disk.volume_status)
}
