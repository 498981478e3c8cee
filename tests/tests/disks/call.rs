//! A deployment with one tenant, its calls, and what the cloud's administrator sees of its disks.

use std::time::Duration;

use patchbay::proto::clouddisk::cloud_disk_res::CloudDisk;
use patchbay::proto::clouddisk::cloud_disk_service_client::CloudDiskServiceClient;
use patchbay::proto::clouddisk::{
    CloudDiskConf, CloudDiskRes, CreateCloudDiskReq, DeleteCloudDiskReq, DeleteCloudDiskRes, GetCloudDiskReq,
    ModifyCloudDiskInfoReq, OperateCloudDiskReq, ReqizeCloudDiskReq,
};
use patchbay::proto::instance::GetInstanceReq;
use patchbay::proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_tests::admin::Admin;
use patchbay_tests::{Deployment, Tenant, wait_for};
use serde_json::Value;
use tonic::transport::Channel;

/// How long one operation may take on a real cloud that others use too.
pub(crate) const OPERATION_MAX: Duration = Duration::from_secs(120);

/// One tenant of a deployment of its own.
pub(crate) struct Scene {
    pub(crate) deployment: Deployment,
    pub(crate) tenant: Tenant,
    pub(crate) admin: Admin,
    pub(crate) project: String,
}

impl Scene {
    pub(crate) async fn start() -> Self {
        Self::of(Deployment::start().await).await
    }

    pub(crate) async fn of(deployment: Deployment) -> Self {
        let tenant = deployment.tenant("acme").await;
        let admin = deployment.admin().await;
        let project = admin.project(&tenant.id).await;
        Self { deployment, tenant, admin, project }
    }

    fn disks(&self) -> CloudDiskServiceClient<Channel> {
        CloudDiskServiceClient::new(self.deployment.grpc())
    }

    /// CreateCloudDisk with nothing wrong.
    pub(crate) fn new_disk(&self, size_in_g: i32) -> CreateCloudDiskReq {
        CreateCloudDiskReq {
            volume_name: "data-1".to_owned(),
            volume_desc: "for tests".to_owned(),
            cloud_disk_conf: Some(CloudDiskConf { size_in_g, ..CloudDiskConf::default() }),
            ..self.tenant.request()
        }
    }

    pub(crate) async fn create(&self, request: CreateCloudDiskReq) -> CloudDiskRes {
        self.disks().create_cloud_disk(request).await.unwrap().into_inner()
    }

    /// A new disk, when it is there.
    pub(crate) async fn disk(&self, size: i32) -> CloudDisk {
        let made = shown(self.create(self.new_disk(size)).await);
        self.settled(&made.volume_id, "available", |_| true).await
    }

    pub(crate) async fn get(&self, tenant: &Tenant, id: &str) -> CloudDiskRes {
        let request = GetCloudDiskReq { volume_id: id.to_owned(), ..tenant.request() };
        self.disks().get_cloud_disk(request).await.unwrap().into_inner()
    }

    pub(crate) async fn resize(&self, tenant: &Tenant, id: &str, conf: CloudDiskConf) -> CloudDiskRes {
        let (volume_id, cloud_disk_conf) = (id.to_owned(), Some(conf));
        let request = ReqizeCloudDiskReq { volume_id, cloud_disk_conf, ..tenant.request() };
        self.disks().reqize_cloud_disk(request).await.unwrap().into_inner()
    }

    pub(crate) async fn modify(
        &self,
        tenant: &Tenant,
        id: &str,
        name: &str,
        description: &str,
    ) -> CloudDiskRes {
        let request = ModifyCloudDiskInfoReq {
            volume_id: id.to_owned(),
            volume_name: name.to_owned(),
            volume_desc: description.to_owned(),
            ..tenant.request()
        };
        self.disks().modify_cloud_disk_info(request).await.unwrap().into_inner()
    }

    /// `deed` is "attach" or "detach".
    pub(crate) async fn operate(
        &self,
        tenant: &Tenant,
        id: &str,
        deed: &str,
        instance: &str,
    ) -> CloudDiskRes {
        let request = OperateCloudDiskReq {
            volume_id: id.to_owned(),
            instance_id: instance.to_owned(),
            ops_type: deed.to_owned(),
            ..tenant.request()
        };
        self.disks().operate_cloud_disk(request).await.unwrap().into_inner()
    }

    pub(crate) async fn delete(&self, tenant: &Tenant, id: &str) -> DeleteCloudDiskRes {
        let request = DeleteCloudDiskReq { volume_id: id.to_owned(), ..tenant.request() };
        self.disks().delete_cloud_disk(request).await.unwrap().into_inner()
    }

    /// The disk once it is in `status` and `holds`: an operation may outlive the call that began it.
    pub(crate) async fn settled(
        &self,
        id: &str,
        status: &str,
        holds: impl Fn(&CloudDisk) -> bool,
    ) -> CloudDisk {
        wait_for(&format!("{id} to be {status}"), OPERATION_MAX, async || {
            let disk = shown(self.get(&self.tenant, id).await);
            (disk.volume_status == status && holds(&disk)).then_some(disk)
        })
        .await
    }

    /// An instance that runs, with a system disk and no other.
    pub(crate) async fn instance(&self, name: &str) -> String {
        let mut instances = InstanceServiceClient::new(self.deployment.grpc());
        let request = self.tenant.instance(&self.admin.offer().await, name, &[]);
        let answer = instances.create_instance(request).await.unwrap().into_inner();
        assert_eq!(answer.code, 0, "{}", answer.msg);
        let instance_id = answer.instance.unwrap().instance_id;
        wait_for("the instance to run", OPERATION_MAX, async || {
            let request = GetInstanceReq { instance_id: instance_id.clone(), ..self.tenant.request() };
            let instance = instances.get_instance(request).await.unwrap().into_inner().instance;
            instance.filter(|instance| instance.instance_status == "ACTIVE")
        })
        .await;
        instance_id
    }

    /// The tenant's volumes, as the cloud has them.
    pub(crate) async fn volumes(&self) -> Vec<Value> {
        self.admin.volumes(&self.project).await
    }

    pub(crate) async fn volume(&self, id: &str) -> Value {
        let volumes = self.volumes().await;
        volumes.into_iter().find(|volume| volume["id"] == id).unwrap_or_else(|| panic!("no volume {id}"))
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
