//! `tenant.TenantService` (requirements, "租户相关服务"): for the operator, not for tenants.

use patchbay_proto::tenant::tenant_service_server::TenantService;
use patchbay_proto::tenant::{CreateTenantReq, CreateTenantRes};
use patchbay_tenants::Registered;
use patchbay_tenants::auth::scope;
use secrecy::ExposeSecret as _;
use tonic::{Request, Response, Status};

use super::Api;

#[tonic::async_trait]
impl TenantService for Api {
    async fn create_tenant(
        &self,
        request: Request<CreateTenantReq>,
    ) -> Result<Response<CreateTenantRes>, Status> {
        self.handle_operator(scope::Tenants, request, async |context, operator, request| {
            let once = context.once(request.tenant_name.as_bytes())?;
            let wanted = context.registration(operator, once);
            let Registered { id, apikey } = self.registrar.register(wanted, &request.tenant_name).await?;
            context.concerns(format!("tenant_id={id}"));
            Ok(CreateTenantRes {
                tenant_id: id.to_string(),
                apikey: apikey.expose_secret().to_owned(),
                ..Default::default()
            })
        })
        .await
    }
}
