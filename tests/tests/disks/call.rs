//! The calls of the disk service, and what their answers hold.

use patchbay_proto::clouddisk::cloud_disk_res::CloudDisk;
use patchbay_proto::clouddisk::cloud_disk_service_client::CloudDiskServiceClient;
use patchbay_proto::clouddisk::{
    CloudDiskConf, CloudDiskRes, CreateCloudDiskReq, DeleteCloudDiskReq, DeleteCloudDiskRes, GetCloudDiskReq,
    ModifyCloudDiskInfoReq, OperateCloudDiskReq, ReqizeCloudDiskReq,
};
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Scene, Tenant, wait_for};
use serde_json::Value;
use tonic::transport::Channel;

/// What a scene's tenant, or another one, does with disks.
pub(crate) trait Disks {
    fn scene(&self) -> &Scene;

    fn client(&self) -> CloudDiskServiceClient<Channel> {
        CloudDiskServiceClient::new(self.scene().deployment.grpc())
    }

    /// CreateCloudDisk with nothing wrong.
    fn new_disk(&self, size_in_g: i32) -> CreateCloudDiskReq {
        CreateCloudDiskReq {
            volume_name: "data-1".to_owned(),
            volume_desc: "for tests".to_owned(),
            cloud_disk_conf: Some(CloudDiskConf { size_in_g, ..CloudDiskConf::default() }),
            ..self.scene().tenant.request()
        }
    }

    async fn create(&self, request: CreateCloudDiskReq) -> CloudDiskRes {
        self.client().create_cloud_disk(request).await.unwrap().into_inner()
    }

    /// A new disk, when it is there.
    async fn disk(&self, size: i32) -> CloudDisk {
        let made = shown(self.create(self.new_disk(size)).await);
        self.settled(&made.volume_id, "available", |_| true).await
    }

    async fn get(&self, tenant: &Tenant, id: &str) -> CloudDiskRes {
        let request = GetCloudDiskReq { volume_id: id.to_owned(), ..tenant.request() };
        self.client().get_cloud_disk(request).await.unwrap().into_inner()
    }

    async fn resize(&self, tenant: &Tenant, id: &str, conf: CloudDiskConf) -> CloudDiskRes {
        let (volume_id, cloud_disk_conf) = (id.to_owned(), Some(conf));
        let request = ReqizeCloudDiskReq { volume_id, cloud_disk_conf, ..tenant.request() };
        self.client().reqize_cloud_disk(request).await.unwrap().into_inner()
    }

    async fn modify(&self, tenant: &Tenant, id: &str, name: &str, description: &str) -> CloudDiskRes {
        let request = ModifyCloudDiskInfoReq {
            volume_id: id.to_owned(),
            volume_name: name.to_owned(),
            volume_desc: description.to_owned(),
            ..tenant.request()
        };
        self.client().modify_cloud_disk_info(request).await.unwrap().into_inner()
    }

    /// `deed` is "attach" or "detach".
    async fn operate(&self, tenant: &Tenant, id: &str, deed: &str, instance: &str) -> CloudDiskRes {
        let request = OperateCloudDiskReq {
            volume_id: id.to_owned(),
            instance_id: instance.to_owned(),
            ops_type: deed.to_owned(),
            ..tenant.request()
        };
        self.client().operate_cloud_disk(request).await.unwrap().into_inner()
    }

    async fn delete(&self, tenant: &Tenant, id: &str) -> DeleteCloudDiskRes {
        let request = DeleteCloudDiskReq { volume_id: id.to_owned(), ..tenant.request() };
        self.client().delete_cloud_disk(request).await.unwrap().into_inner()
    }

    /// The disk once it is in `status` and `holds`: an operation may outlive the call that began it.
    async fn settled(&self, id: &str, status: &str, holds: impl Fn(&CloudDisk) -> bool) -> CloudDisk {
        wait_for(&format!("{id} to be {status}"), END_MAX, async || {
            let disk = shown(self.get(&self.scene().tenant, id).await);
            (disk.volume_status == status && holds(&disk)).then_some(disk)
        })
        .await
    }

    /// The disk as the cloud has it.
    async fn volume(&self, id: &str) -> Value {
        let volumes = self.scene().volumes().await;
        volumes.into_iter().find(|volume| volume["id"] == id).unwrap_or_else(|| panic!("no volume {id}"))
    }
}

impl Disks for Scene {
    fn scene(&self) -> &Scene {
        self
    }
}

/// The disk of a success.
pub(crate) fn shown(answer: CloudDiskRes) -> CloudDisk {
    assert_eq!(answer.code, 0, "{}", answer.msg);
    answer.cloud_disk.unwrap()
}

/// A size and no word of the type.
pub(crate) fn size(size_in_g: i32) -> CloudDiskConf {
    CloudDiskConf { size_in_g, ..CloudDiskConf::default() }
}

/// The answer's code, with words that must be in its sentence.
pub(crate) fn refused(answer: &CloudDiskRes, code: i32, words: &[&str]) {
    assert_eq!((answer.code, &answer.cloud_disk), (code, &None), "{}", answer.msg);
    for word in words {
        assert!(answer.msg.contains(word), "{word:?} is not in {:?}", answer.msg);
    }
}
