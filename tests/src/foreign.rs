//! What a deployment's operator sees of tenants that are none of its own, and their adoption.

use patchbay_proto::tenant_admin::tenant_admin_service_client::TenantAdminServiceClient;
use patchbay_proto::tenant_admin::{AdoptRequest, ListForeignRequest, ListForeignResponse};
use tonic::Status;

use crate::{Deployment, Tenant};

impl Deployment {
    /// The first page of the cloud's foreign tenants, which has room for 200.
    ///
    /// # Panics
    /// If the host does not tell them.
    pub async fn foreign(&self) -> ListForeignResponse {
        let request = self.operator(ListForeignRequest { page_number: 1, page_size: 200 });
        let answer = TenantAdminServiceClient::new(self.grpc()).list_foreign(request).await;
        answer.expect("an answer").into_inner()
    }

    /// Whose marks a foreign tenant bears; `None` where it is none.
    pub async fn foreign_from(&self, tenant_id: &str) -> Option<String> {
        let tenants = self.foreign().await.tenants;
        tenants.into_iter().find(|tenant| tenant.tenant_id == tenant_id).map(|tenant| tenant.installation)
    }

    /// Takes one over.
    ///
    /// # Errors
    /// If the host refuses.
    pub async fn adopt(&self, tenant_id: &str, name: &str, from_other: bool) -> Result<Tenant, Status> {
        let (tenant_id, tenant_name) = (tenant_id.to_owned(), name.to_owned());
        let request = AdoptRequest { tenant_id, tenant_name, from_other_installation: from_other };
        let answer = TenantAdminServiceClient::new(self.grpc()).adopt(self.operator(request)).await?;
        let adopted = answer.into_inner();
        Ok(Tenant { id: adopted.tenant_id, apikey: adopted.apikey })
    }
}
