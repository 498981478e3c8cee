//! One tenant of a deployment of its own, beside what the cloud's administrator sees of it. The calls of each service
//! are in the suite that tests it.

use std::borrow::Borrow;

use patchbay_proto::instance::GetInstanceReq;
use patchbay_proto::instance::instance_service_client::InstanceServiceClient;
use serde_json::Value;

use crate::admin::{Admin, Offer};
use crate::operation::END_MAX;
use crate::{Deployment, Tenant, wait_for};

/// A deployment, or a share in one, and its tenant.
pub struct Scene<D = Deployment> {
    /// Where the tenant is.
    pub deployment: D,
    /// In whose name calls are made.
    pub tenant: Tenant,
    /// A session of the cloud's administrator.
    pub admin: Admin,
    /// The id of the tenant's project.
    pub project: String,
}

impl Scene {
    /// On the usual deployment.
    pub async fn start() -> Self {
        Self::of(Deployment::start().await).await
    }

    /// With short limits, on a cloud that does everything at once.
    pub async fn quick() -> Self {
        Self::of(Deployment::builder().quick().at_once().start().await).await
    }
}

impl<D: Borrow<Deployment>> Scene<D> {
    /// On this deployment.
    pub async fn of(deployment: D) -> Self {
        let tenant = deployment.borrow().tenant("acme").await;
        let admin = deployment.borrow().admin().await;
        let project = admin.project(&tenant.id).await;
        Self { deployment, tenant, admin, project }
    }

    /// One beside it on the same deployment.
    #[must_use]
    pub async fn beside(&self, name: &str) -> Self
    where
        D: Clone,
    {
        let tenant = self.deployment.borrow().tenant(name).await;
        let project = self.admin.project(&tenant.id).await;
        Self { deployment: self.deployment.clone(), tenant, admin: self.admin.clone(), project }
    }

    /// The same with a new tenant.
    #[must_use]
    pub async fn next(self, name: &str) -> Self {
        let tenant = self.deployment.borrow().tenant(name).await;
        let project = self.admin.project(&tenant.id).await;
        Self { tenant, project, ..self }
    }

    /// A new instance that runs, with a system disk and no other; its id.
    ///
    /// # Panics
    /// If it is refused, or does not come to run.
    pub async fn instance(&self, name: &str) -> String {
        self.instance_in(name, &self.admin.offer().await.network).await
    }

    /// The same in this network.
    ///
    /// # Panics
    /// If it is refused, or does not come to run.
    pub async fn instance_in(&self, name: &str, network: &str) -> String {
        let mut instances = InstanceServiceClient::new(self.deployment.borrow().grpc());
        let offer = Offer { network: network.to_owned(), ..self.admin.offer().await };
        let request = self.tenant.instance(&offer, name, &[]);
        let answer = instances.create_instance(request).await.expect("an answer").into_inner();
        assert_eq!(answer.code, 0, "{}", answer.msg);
        let instance_id = answer.instance.expect("an instance").instance_id;
        wait_for("the instance to run", END_MAX, async || {
            let request = GetInstanceReq { instance_id: instance_id.clone(), ..self.tenant.request() };
            let answer = instances.get_instance(request).await.expect("an answer").into_inner();
            answer.instance.filter(|instance| instance.instance_status == "ACTIVE")
        })
        .await;
        instance_id
    }

    /// The tenant's volumes, as the cloud has them.
    pub async fn volumes(&self) -> Vec<Value> {
        self.admin.volumes(&self.project).await
    }

    /// What of Neutron's is the tenant's own: `owned("networks")`.
    pub async fn owned(&self, kind: &str) -> Vec<Value> {
        self.admin.owned(kind, &self.project).await
    }
}
