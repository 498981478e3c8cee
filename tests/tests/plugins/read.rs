//! A call that only looks: what the host lends for it lets a plugin look and no more, and what changes something is done
//! in an operation, under whose id the journal has it.

use patchbay_proto::clouddisk::cloud_disk_service_client::CloudDiskServiceClient;
use patchbay_proto::clouddisk::{CloudDiskConf, CreateCloudDiskReq, GetCloudDiskReq};
use patchbay_proto::instance::DeleteInstanceReq;
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_proto::journal::journal_service_client::JournalServiceClient;
use patchbay_proto::journal::list_calls_request::Of;
use patchbay_proto::journal::{Call, ListCallsRequest};
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Deployment, contract, needs_cloudsim, wait_for};

use crate::backend::Backend;
use crate::{Answer, PLUGIN, Stage, route, with_backend};

/// What the storage import can change.
const CHANGES: [&str; 6] = ["create", "extend", "update", "attach", "detach", "delete"];
/// Methods that change something.
const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];
const UNSUPPORTED: i32 = 12;

impl Stage {
    /// A new disk, made by the storage plugin.
    async fn disk(&self) -> String {
        let request = CreateCloudDiskReq {
            volume_name: "data".to_owned(),
            cloud_disk_conf: Some(CloudDiskConf { size_in_g: 1, ..Default::default() }),
            ..self.tenant.request()
        };
        let answer = CloudDiskServiceClient::new(self.host.grpc()).create_cloud_disk(request).await;
        let answer = answer.unwrap().into_inner();
        assert_eq!(answer.code, 0, "{}", answer.msg);
        answer.cloud_disk.unwrap().volume_id
    }

    /// The code of GetCloudDisk.
    async fn look_for(&self, volume_id: &str) -> i32 {
        let request = GetCloudDiskReq { volume_id: volume_id.to_owned(), ..self.tenant.request() };
        let answer = CloudDiskServiceClient::new(self.host.grpc()).get_cloud_disk(request).await;
        answer.unwrap().into_inner().code
    }

    async fn journal(&self, of: Of) -> Vec<Call> {
        let request = ListCallsRequest { of: Some(of), page_number: 1, page_size: 200 };
        let request = self.deployment.operator(request);
        let answer = JournalServiceClient::new(self.host.grpc()).list_calls(request).await;
        answer.unwrap().into_inner().calls
    }

    /// It was refused, and changed nothing that the journal knows of.
    async fn only_read(&self, answer: Answer, deed: &str) {
        assert_eq!(answer.code, UNSUPPORTED, "{deed}: {}", answer.msg);
        assert_eq!(answer.msg, "This is not supported here.", "{deed}");
        assert_eq!(self.journal(Of::RequestId(answer.request_id)).await, [], "{deed}");
    }

    /// Changes that the host refused the compute plugin by this import, as `/metrics` shows them.
    async fn changes_refused(&self, import: &str) -> u64 {
        let labels = [("plugin", PLUGIN), ("import", import)];
        self.host.metrics().await.sum("patchbay_changes_refused_total", &labels)
    }
}

#[tokio::test]
async fn a_call_that_reads_changes_no_disk() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().at_once()).await;
    let admin = stage.deployment.admin().await;
    let project = admin.project(&stage.tenant.id).await;
    let disk = stage.disk().await;
    let there = admin.volumes(&project).await;
    for function in CHANGES {
        let deed = format!("disk-{function}-{disk}");
        let answer = stage.flavor(&deed).await;
        let request_id = answer.request_id.clone();
        stage.only_read(answer, &deed).await;
        let import = format!("disks.{function}");
        assert_eq!(stage.changes_refused(&import).await, 1, "{import}");
        let told = |line: &serde_json::Value| line["request_id"] == *request_id && line["import"] == *import;
        let line = stage.host.line(told).await;
        assert!(line["plugin"].as_str().is_some_and(|plugin| plugin.starts_with(PLUGIN)), "{line}");
    }
    assert_eq!(admin.volumes(&project).await, there, "as before");
    assert_eq!(stage.look_for(&disk).await, 0);
    let looked = stage.flavor(&format!("disk-get-{disk}")).await;
    assert_eq!((looked.code, looked.name.as_str()), (0, "1"), "it may look: {}", looked.msg);
}

#[tokio::test]
async fn a_call_that_reads_changes_nothing_in_a_backend() {
    needs_cloudsim!();
    let backend = Backend::start(1).await;
    let stage = Stage::hostile(with_backend(Deployment::builder(), &backend.url)).await;
    for method in METHODS {
        let answer = stage.flavor(&format!("send-{method}")).await;
        stage.only_read(answer, method).await;
    }
    assert_eq!(stage.changes_refused("upstream.send").await, METHODS.len() as u64);
    assert_eq!(backend.changes(), 0);
    let looked = stage.flavor("send-GET").await;
    assert_eq!((looked.code, looked.name.as_str()), (0, "200"), "{}", looked.msg);
    assert_eq!(backend.changes(), 1);
}

#[tokio::test]
async fn a_probe_changes_nothing_in_a_backend() {
    needs_cloudsim!();
    let backend = Backend::start(1).await;
    let builder = route(with_backend(Deployment::builder(), &backend.url), |route| {
        route.insert("probe".to_owned(), true.into());
        route.insert("settings".to_owned(), toml::toml! { probe_method = "DELETE" }.into());
    });
    let stage = Stage::hostile(builder).await;
    stage.refused("its probe failed").await;
    assert_eq!(backend.changes(), 0);
}

#[tokio::test]
async fn the_same_change_in_an_operation_is_done_and_recorded_as_the_operations() {
    needs_cloudsim!();
    let stage = Stage::hostile(Deployment::builder().at_once()).await;
    let disk = stage.disk().await;
    let request = DeleteInstanceReq { instance_id: disk.clone(), ..stage.tenant.request() };
    let answer = InstanceServiceClient::new(stage.host.grpc()).delete_instance(request).await.unwrap();
    let id = contract::operation(answer.metadata()).expect("x-operation-id").to_string();
    let answer = answer.into_inner();
    assert_eq!(answer.code, 0, "{}", answer.msg);
    let calls = stage.journal(Of::OperationId(id.clone())).await;
    let [call] = calls.as_slice() else { panic!("one change: {calls:#?}") };
    assert_eq!((call.method.as_str(), call.plugin.as_str()), ("DELETE", "storage-cinder"));
    assert!(call.path.ends_with(&disk) && call.operation_id == id, "{call:?}");
    let gone = async || (stage.look_for(&disk).await == 5).then_some(());
    wait_for("the disk to go", END_MAX, gone).await;
}
