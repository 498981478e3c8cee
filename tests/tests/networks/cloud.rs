//! A deployment with one tenant, and what the cloud's administrator sees of the tenant's networks.

use patchbay::proto::vpc::vpc_service_client::VpcServiceClient;
use patchbay::proto::vpc::{CreateVpcReq, GetVpcInfoReq, VpcRes, vpc_res::Vpc};
use patchbay_tests::admin::Admin;
use patchbay_tests::{Deployment, Tenant};
use serde_json::Value;
use tonic::transport::Channel;

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

    pub(crate) fn vpcs(&self) -> VpcServiceClient<Channel> {
        VpcServiceClient::new(self.deployment.grpc())
    }

    /// CreateVpc with nothing wrong.
    pub(crate) fn new_vpc(&self, vpc_name: &str, subnet: &str) -> CreateVpcReq {
        let (vpc_name, subnet) = (vpc_name.to_owned(), subnet.to_owned());
        CreateVpcReq { vpc_name, subnet, vpc_desc: "for tests".to_owned(), ..self.tenant.request() }
    }

    pub(crate) async fn create_vpc(&self, name: &str, subnet: &str) -> Vpc {
        vpc(self.vpcs().create_vpc(self.new_vpc(name, subnet)).await.unwrap().into_inner())
    }

    pub(crate) async fn get_vpc(&self, tenant: &Tenant, id: &str) -> VpcRes {
        let request = GetVpcInfoReq { vpc_id: id.to_owned(), ..tenant.request() };
        self.vpcs().get_vpc_info(request).await.unwrap().into_inner()
    }

    /// The project's own resources: `found("networks")`.
    pub(crate) async fn found(&self, kind: &str) -> Vec<Value> {
        self.admin.list("network", &format!("/{kind}?project_id={}", self.project), kind).await
    }

    /// The resource of this id.
    pub(crate) async fn one(&self, kind: &str, id: &str) -> Value {
        let found = self.found(kind).await;
        found.into_iter().find(|resource| resource["id"] == id).unwrap_or_else(|| panic!("no {id} in {kind}"))
    }
}

/// The VPC of a success.
pub(crate) fn vpc(answer: VpcRes) -> Vpc {
    assert_eq!(answer.code, 0, "{}", answer.msg);
    answer.vpc.unwrap()
}
