//! `patchbay.tenant.v1.TenantAdminService`: what the cloud has of tenants that this installation does not know, for the
//! operator. What may be taken over is decided in `registrar` of `patchbay-operations`.

use patchbay_core::error::Error;
use patchbay_core::{Mark, TenantId};
use patchbay_operations::registrar::{Adoption, Foreign};
use patchbay_proto::tenant_admin::tenant_admin_service_server::TenantAdminService;
use patchbay_proto::tenant_admin::{
    AdoptRequest, AdoptResponse, ForeignTenant, ListForeignRequest, ListForeignResponse,
};
use patchbay_tenants::Registered;
use patchbay_tenants::auth::scope;
use secrecy::ExposeSecret as _;
use tonic::{Request, Response, Status};

use super::{Api, check};
use crate::grpc::convert::Convert;

#[tonic::async_trait]
impl TenantAdminService for Api {
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
    let id: Result<TenantId, _> = tenant_id.parse();
    let id = id.map_err(|_| Error::invalid("tenant_id is not t- and ten digits."))?;
    Ok(Adoption { id, name: tenant_name, from_other: from_other_installation })
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
