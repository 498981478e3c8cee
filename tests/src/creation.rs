//! Instances being created, seen from all sides: the caller's answer, the operation's row, what the cloud has.

use cloudsim::{Control, Resource};
use patchbay_core::OperationId;
use patchbay_operations::{Operation, Operations, State};
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use tokio::task::JoinHandle;
use tonic::Status;
use tonic::transport::Channel;

use crate::admin::Offer;
use crate::contract;
use crate::operation::{self, END_MAX};
use crate::{Deployment, Tenant, wait_for};

/// Sizes of the data disks that every instance here gets.
const DATA_DISKS: [i32; 2] = [1, 2];

/// The instances of one tenant.
pub struct Creations {
    tenant: Tenant,
    project: String,
    offer: Offer,
    rows: Operations,
    cloud: Control,
}

/// What the caller was told.
#[derive(Debug)]
pub struct Answer {
    /// 0 or why not.
    pub code: i32,
    /// The sentence.
    pub msg: String,
    /// The instance's id; empty where there is none.
    pub instance: String,
    /// From `x-operation-id`.
    pub operation: Option<OperationId>,
}

impl Creations {
    /// Those of `tenant`, on cloudsim.
    ///
    /// # Panics
    /// If the database cannot be opened.
    pub async fn of(deployment: &Deployment, tenant: Tenant) -> Self {
        let admin = deployment.admin().await;
        let rows = deployment.operations().await;
        let (project, offer) = (admin.project(&tenant.id).await, admin.offer().await);
        Self { tenant, project, offer, rows, cloud: deployment.cloudsim().clone() }
    }

    /// Whose they are.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// CreateInstance with data disks, to be waited for. The error is that of a host that went away.
    #[must_use]
    pub fn begin(&self, host: Channel) -> JoinHandle<Result<Answer, Status>> {
        let request = self.tenant.instance(&self.offer, "web", &DATA_DISKS);
        tokio::spawn(async move {
            let answer = InstanceServiceClient::new(host).create_instance(request).await?;
            let operation = contract::operation(answer.metadata());
            let answer = answer.into_inner();
            let instance = answer.instance.unwrap_or_default().instance_id;
            Ok(Answer { code: answer.code, msg: answer.msg, instance, operation })
        })
    }

    /// The same, waited for.
    ///
    /// # Panics
    /// If the host went away.
    pub async fn create(&self, host: Channel) -> Answer {
        self.begin(host).await.expect("no panic").expect("an answer")
    }

    /// The operation that has not ended, where there is one.
    ///
    /// # Panics
    /// If there are several.
    pub async fn unfinished(&self) -> Option<Operation> {
        let mut unfinished = self.rows.unfinished().await.expect("rows");
        assert!(unfinished.len() <= 1, "{unfinished:?}");
        unfinished.pop()
    }

    /// The operation, when it has ended.
    pub async fn ended(&self, id: OperationId) -> Operation {
        operation::ended(&self.rows, &self.tenant, id).await
    }

    /// The tenant's servers and volumes.
    #[must_use]
    pub fn made(&self) -> Vec<Resource> {
        let all = self.cloud.resources().into_iter();
        all.filter(|resource| resource.project_id == self.project).collect()
    }

    /// Waits until the ended operation has left all or nothing: nothing where it failed.
    ///
    /// # Panics
    /// If something is left that should not be, or not as it should be.
    pub async fn whole_or_gone(&self, operation: &Operation) {
        let done = operation.state == State::Done;
        let as_it_should_be = async || {
            let made = self.made();
            (if done { is_whole(&made) } else { made.is_empty() }).then_some(())
        };
        let what = format!("all of {operation:?}, or nothing");
        wait_for(&what, END_MAX, as_it_should_be).await;
    }
}

/// One server that runs, and its data disks attached; it boots from a volume of its own.
fn is_whole(made: &[Resource]) -> bool {
    let (servers, volumes): (Vec<_>, Vec<_>) = made.iter().partition(|resource| resource.kind == "server");
    let running = servers.len() == 1 && servers[0].status == "ACTIVE";
    running && volumes.len() == DATA_DISKS.len() + 1 && volumes.iter().all(|volume| volume.status == "in-use")
}
