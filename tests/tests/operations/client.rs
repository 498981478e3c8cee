//! A tenant that asks for its operations, and what it begins them with.

use std::time::Duration;

use patchbay_core::OperationId;
use patchbay_proto::clouddisk::cloud_disk_service_client::CloudDiskServiceClient;
use patchbay_proto::clouddisk::{CloudDiskConf, CreateCloudDiskReq};
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use patchbay_proto::operation::operation_service_client::OperationServiceClient;
use patchbay_proto::operation::{
    CancelOperationReq, GetOperationReq, ListOperationsReq, Operation, OperationRes, WatchOperationReq,
};
use patchbay_tests::contract;
use patchbay_tests::deployment::Builder;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Scene, Tenant};
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

/// Operations are looked at often, and nobody is waited for.
const QUICK: &str =
    "operation = { poll_ms_min = 20, poll_ms_max = 100, settle_ms = 300, watch_poll_ms = 20 }";
/// How long a state may take to come.
pub(crate) const STATE_MAX: Duration = END_MAX;

/// A scene whose tenant follows its operations.
pub(crate) struct Client {
    pub(crate) scene: Scene,
}

impl Client {
    pub(crate) async fn start(builder: Builder) -> Self {
        Self::with(builder, "").await
    }

    /// With bounds other than the usual ones.
    pub(crate) async fn with(builder: Builder, bounds: &str) -> Self {
        Self { scene: Scene::of(builder.toml(QUICK).toml(bounds).start().await).await }
    }

    pub(crate) fn operations(&self) -> OperationServiceClient<Channel> {
        OperationServiceClient::new(self.scene.deployment.grpc())
    }

    fn tenant(&self) -> &Tenant {
        &self.scene.tenant
    }

    /// CreateInstance with a data disk, as far as it is waited for; the operation.
    pub(crate) async fn instance(&self) -> String {
        let request = self.tenant().instance(&self.scene.admin.offer().await, "web", &[1]);
        let answer = InstanceServiceClient::new(self.scene.deployment.grpc()).create_instance(request).await;
        id(contract::operation(answer.unwrap().metadata()))
    }

    /// CreateCloudDisk to its end; the operation and the disk.
    pub(crate) async fn disk(&self, name: &str) -> (String, String) {
        let size = CloudDiskConf { size_in_g: 1, ..Default::default() };
        let request = CreateCloudDiskReq {
            volume_name: name.to_owned(),
            cloud_disk_conf: Some(size),
            ..self.tenant().request()
        };
        let answer = CloudDiskServiceClient::new(self.scene.deployment.grpc())
            .create_cloud_disk(request)
            .await
            .unwrap();
        let operation = id(contract::operation(answer.metadata()));
        let answer = answer.into_inner();
        assert_eq!(answer.code, 0, "{}", answer.msg);
        (operation, answer.cloud_disk.unwrap().volume_id)
    }

    pub(crate) async fn get(&self, operation_id: &str) -> OperationRes {
        let request = GetOperationReq { operation_id: operation_id.to_owned(), ..self.tenant().request() };
        self.operations().get_operation(request).await.unwrap().into_inner()
    }

    /// The page of what the request asks for.
    pub(crate) async fn list(&self, request: ListOperationsReq) -> Vec<Operation> {
        let answer = self.operations().list_operations(request).await.unwrap().into_inner();
        assert_eq!(answer.code, 0, "{}", answer.msg);
        answer.operations
    }

    /// A request for its operations, to be narrowed.
    pub(crate) fn all(&self) -> ListOperationsReq {
        self.tenant().request()
    }

    pub(crate) async fn cancel(&self, operation_id: &str) -> OperationRes {
        let request = CancelOperationReq { operation_id: operation_id.to_owned(), ..self.tenant().request() };
        self.operations().cancel_operation(request).await.unwrap().into_inner()
    }

    pub(crate) async fn watch(&self, operation_id: &str) -> Result<Streaming<Operation>, Status> {
        let request = WatchOperationReq { operation_id: operation_id.to_owned(), ..self.tenant().request() };
        Ok(self.operations().watch_operation(request).await?.into_inner())
    }

    /// All states from now to the end.
    pub(crate) async fn watched(&self, operation_id: &str) -> Vec<Operation> {
        let mut stream = self.watch(operation_id).await.unwrap();
        let mut seen = Vec::new();
        while let Some(state) = next(&mut stream).await {
            seen.push(state);
        }
        seen
    }

    /// The operation in this state, which it comes to.
    pub(crate) async fn in_state(&self, operation_id: &str, state: &str) -> Operation {
        let mut stream = self.watch(operation_id).await.unwrap();
        loop {
            let seen = next(&mut stream).await.unwrap_or_else(|| panic!("it ended before it was {state}"));
            if seen.state == state {
                return seen;
            }
        }
    }
}

/// The next state; `None` at the end of the stream.
pub(crate) async fn next(stream: &mut Streaming<Operation>) -> Option<Operation> {
    timeout(STATE_MAX, stream.message()).await.expect("a state or an end").unwrap()
}

fn id(operation: Option<OperationId>) -> String {
    operation.expect("x-operation-id").to_string()
}
