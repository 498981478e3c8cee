//! `tenant.TenantService` (requirements, "租户相关服务"): for the operator, not for tenants.

use tonic::{Request, Response, Status};

use super::Api;
use super::answer::rpc;
use crate::proto::tenant::tenant_service_server::TenantService;
use crate::proto::tenant::{CreateTenantReq, CreateTenantRes};

#[tonic::async_trait]
impl TenantService for Api {
    async fn create_tenant(
        &self,
        request: Request<CreateTenantReq>,
    ) -> Result<Response<CreateTenantRes>, Status> {
        self.answer(rpc!("tenant.TenantService", "CreateTenant"), request, async |asked, request| {
            let operator = self.auth.operator(asked.bearer.as_deref())?;
            let registered =
                self.registrar.register(asked.registration(operator), &request.tenant_name).await?;
            Ok(CreateTenantRes {
                tenant_id: registered.id().to_string(),
                apikey: registered.apikey().to_owned(),
                ..Default::default()
            })
        })
        .await
    }
}
