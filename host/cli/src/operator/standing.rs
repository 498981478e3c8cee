//! Tenants that are there as people read them, for `patchbay tenant`.

use std::io::Write;

use anyhow::Result;
use patchbay_proto::tenant_admin::tenant_admin_service_client::TenantAdminServiceClient;
use patchbay_proto::tenant_admin::{ListTenantsRequest, ListTenantsResponse, RotateApiKeyResponse, Tenant};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;

use super::show;
use super::table::Column::{Left, Right};
use super::table::table;
use crate::client::{Bearer, refused};

/// Tenants that are asked for at once; the service's own limit.
const PAGE_SIZE: usize = 200;

/// All pages.
pub(super) async fn listed(
    client: &mut TenantAdminServiceClient<InterceptedService<Channel, Bearer>>,
    name: &str,
) -> Result<ListTenantsResponse> {
    let mut listed = ListTenantsResponse::default();
    for page_number in 1.. {
        let tenant_name = name.to_owned();
        let request = ListTenantsRequest { tenant_name, page_number, page_size: PAGE_SIZE as i32 };
        let page =
            client.list_tenants(request).await.map_err(|status| refused(&status))?.into_inner().tenants;
        let full = page.len() == PAGE_SIZE;
        listed.tenants.extend(page);
        if !full {
            break;
        }
    }
    Ok(listed)
}

/// A table of them.
pub(super) fn people(tenants: &[Tenant], out: &mut impl Write) -> std::io::Result<()> {
    let columns =
        [Left("TENANT"), Left("NAME"), Left("STATE"), Left("SINCE"), Left("PROJECT"), Right("OLD KEY HOLDS")];
    let rows = tenants.iter().map(|tenant| {
        [
            tenant.tenant_id.clone(),
            tenant.tenant_name.clone(),
            tenant.state.clone(),
            tenant.created_time.clone(),
            tenant.project_id.clone(),
            holds(tenant.previous_key_ms),
        ]
    });
    write!(out, "{}", table(columns, rows))
}

/// A new key.
pub(super) fn rotated(rotated: &RotateApiKeyResponse, out: &mut impl Write) -> std::io::Result<()> {
    let holds = holds(rotated.previous_key_ms);
    show::fields(
        &[("tenant", &rotated.tenant_id), ("api key", &rotated.apikey), ("old key holds", &holds)],
        out,
    )
}

/// "90 s"; empty where it does not.
fn holds(ms: u64) -> String {
    if ms == 0 { String::new() } else { format!("{} s", ms.div_ceil(1_000)) }
}
