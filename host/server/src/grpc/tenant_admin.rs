//! `patchbay.tenant.v1.TenantAdminService`: tenants that are there, and what the cloud has of tenants that this installation does
//! not know, for operators. What may be done with the ones is decided in `admin` of `patchbay-tenants`, what may be taken over of the
//! others in `registrar` of `patchbay-operations`.

use std::time::Duration;

use jiff::Timestamp;
use patchbay_core::error::Error;
use patchbay_core::{Mark, TenantId};
use patchbay_operations::registrar::{Adoption, Foreign};
use patchbay_proto::tenant_admin::tenant_admin_service_server::TenantAdminService;
use patchbay_proto::tenant_admin::{
    AdoptRequest, AdoptResponse, ForeignTenant, GetTenantRequest, GetTenantResponse, ListForeignRequest,
    ListForeignResponse, ListTenantsRequest, ListTenantsResponse, ResumeTenantRequest, ResumeTenantResponse,
    RotateApiKeyRequest, RotateApiKeyResponse, SuspendTenantRequest, SuspendTenantResponse, Tenant,
};
use patchbay_tenants::auth::scope;
use patchbay_tenants::{Registered, Standing};
use secrecy::ExposeSecret as _;
use tonic::{Request, Response, Status};

use super::{Api, check};
use crate::grpc::convert::Convert;

#[tonic::async_trait]
impl TenantAdminService for Api {
    async fn get_tenant(
        &self,
        request: Request<GetTenantRequest>,
    ) -> Result<Response<GetTenantResponse>, Status> {
        self.handle_operator_plain(scope::Read, request, async |_, operator, request| {
            let found = self.administration.get(&operator, id(&request.tenant_id)?).await?;
            Ok(GetTenantResponse { tenant: Some(Convert::convert(found)) })
        })
        .await
    }

    async fn list_tenants(
        &self,
        request: Request<ListTenantsRequest>,
    ) -> Result<Response<ListTenantsResponse>, Status> {
        self.handle_operator_plain(scope::Read, request, async |_, operator, request| {
            let page = check::page(request.page_number, request.page_size)?;
            let name = check::text("tenant_name", &request.tenant_name)?;
            let found = self.administration.list(&operator, &name, (page.number, page.size)).await?;
            Ok(ListTenantsResponse { tenants: found.into_iter().map(Tenant::convert).collect() })
        })
        .await
    }

    async fn rotate_api_key(
        &self,
        request: Request<RotateApiKeyRequest>,
    ) -> Result<Response<RotateApiKeyResponse>, Status> {
        self.handle_operator_plain(scope::Tenants, request, async |_, operator, request| {
            let (id, overlap) = (id(&request.tenant_id)?, request.overlap_ms.map(Duration::from_millis));
            let (apikey, overlap) = self.administration.rotate_key(&operator, id, overlap).await?;
            Ok(RotateApiKeyResponse {
                tenant_id: id.to_string(),
                apikey: apikey.expose_secret().to_owned(),
                previous_key_ms: u64::try_from(overlap.as_millis()).unwrap_or(u64::MAX),
            })
        })
        .await
    }

    async fn suspend_tenant(
        &self,
        request: Request<SuspendTenantRequest>,
    ) -> Result<Response<SuspendTenantResponse>, Status> {
        self.handle_operator_plain(scope::Tenants, request, async |_, operator, request| {
            let changed = self.administration.suspend(&operator, id(&request.tenant_id)?).await?;
            Ok(SuspendTenantResponse { tenant: Some(Convert::convert(changed)) })
        })
        .await
    }

    async fn resume_tenant(
        &self,
        request: Request<ResumeTenantRequest>,
    ) -> Result<Response<ResumeTenantResponse>, Status> {
        self.handle_operator_plain(scope::Tenants, request, async |_, operator, request| {
            let changed = self.administration.resume(&operator, id(&request.tenant_id)?).await?;
            Ok(ResumeTenantResponse { tenant: Some(Convert::convert(changed)) })
        })
        .await
    }

    async fn list_foreign(
        &self,
        request: Request<ListForeignRequest>,
    ) -> Result<Response<ListForeignResponse>, Status> {
        self.handle_operator_plain(scope::Read, request, async |context, operator, request| {
            let page = check::page(request.page_number, request.page_size)?;
            let (number, size) = (page.number as usize, page.size as usize);
            let found = self.registrar.foreign(&operator, &context.request_id, &context.served).await?;
            let found = found.into_iter().skip((number - 1).saturating_mul(size)).take(size);
            Ok(ListForeignResponse {
                installation: self.registrar.installation().to_string(),
                tenants: found.map(ForeignTenant::convert).collect(),
            })
        })
        .await
    }

    async fn adopt(&self, request: Request<AdoptRequest>) -> Result<Response<AdoptResponse>, Status> {
        self.handle_operator_plain(scope::Tenants, request, async |context, operator, request| {
            let (wanted, request) = (adoption(request)?, context.registration(operator, None));
            let Registered { id, apikey } = self.registrar.adopt(request, wanted).await?;
            Ok(AdoptResponse { tenant_id: id.to_string(), apikey: apikey.expose_secret().to_owned() })
        })
        .await
    }
}

fn adoption(request: AdoptRequest) -> Result<Adoption, Error> {
    let AdoptRequest { tenant_id, tenant_name, from_other_installation } = request;
    Ok(Adoption { id: id(&tenant_id)?, name: tenant_name, from_other: from_other_installation })
}

fn id(tenant_id: &str) -> Result<TenantId, Error> {
    let id: Result<TenantId, _> = tenant_id.parse();
    id.map_err(|_| Error::invalid("tenant_id is not t- and ten digits."))
}

impl Convert<Standing> for Tenant {
    fn convert(standing: Standing) -> Self {
        let created = Timestamp::from_millisecond(standing.created_ms);
        Self {
            tenant_id: standing.id.to_string(),
            tenant_name: standing.name,
            state: if standing.suspended { "suspended" } else { "active" }.to_owned(),
            created_time: created.map(|at| format!("{at:.3}")).unwrap_or_default(),
            project_id: standing.project_id,
            previous_key_ms: standing.previous_key_ms.unwrap_or(0),
        }
    }
}

impl Convert<Foreign> for ForeignTenant {
    fn convert(foreign: Foreign) -> Self {
        let Foreign { id, mark, name, parts } = foreign;
        let installation = mark.map(Mark::installation).map(|installation| installation.to_string());
        Self {
            tenant_id: id.to_string(),
            installation: installation.unwrap_or_default(),
            tenant_name: name,
            parts,
        }
    }
}
