//! `patchbay tenant …`: tenants that are there, another api key, suspension; what the cloud has of tenants that the installation does
//! not know, and the decision to take one over. What is printed of a tenant is in `standing`.

use std::io::Write;

use anyhow::{Context as _, Result, ensure};
use clap::Subcommand;
use futures::future::BoxFuture;
use patchbay_proto::tenant_admin::tenant_admin_service_client::TenantAdminServiceClient;
use patchbay_proto::tenant_admin::{
    AdoptRequest, ForeignTenant, GetTenantRequest, ListForeignRequest, ListForeignResponse,
    ResumeTenantRequest, RotateApiKeyRequest, SuspendTenantRequest,
};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;

use super::output::{Common, Output};
use super::show;
use super::standing;
use super::table::Column::Left;
use super::table::table;
use crate::client::{Bearer, Target, refused};

/// Tenants that are asked for at once; the service's own limit.
const PAGE_SIZE: usize = 200;

/// What to do, and with which host.
#[derive(Debug, clap::Args)]
pub struct TenantArgs {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show all tenants.
    List {
        /// Only the one that is called so.
        #[arg(long, default_value = "", hide_default_value = true)]
        name: String,
    },
    /// Show one tenant.
    Get {
        /// As "t-" and ten digits.
        tenant_id: String,
    },
    /// Give a tenant another api key and print it; the one that it has holds beside it for a time.
    RotateKey {
        /// As "t-" and ten digits.
        tenant_id: String,
        /// How long the key that it has still holds; 0: not at all. As configured where this is not given.
        #[arg(long, value_name = "MS")]
        overlap_ms: Option<u64>,
    },
    /// Refuse a tenant's calls from now on; what it has stays, and operations go on.
    Suspend {
        /// As "t-" and ten digits.
        tenant_id: String,
    },
    /// Take a suspended tenant's calls again.
    Resume {
        /// As "t-" and ten digits.
        tenant_id: String,
    },
    /// Show what the cloud has that is called like a tenant and is none of this installation's.
    Foreign,
    /// Take over a tenant that the cloud has, with all that is its own there; print its new api key.
    Adopt(AdoptArgs),
}

#[derive(Debug, clap::Args)]
struct AdoptArgs {
    /// As `patchbay tenant foreign` shows it.
    tenant_id: String,
    /// What it is to be called here.
    #[arg(long)]
    name: String,
    /// Also where it bears the mark of another installation, or none; no other may have it any more.
    #[arg(long)]
    from_other_installation: bool,
    /// Do it: its user in the cloud gets another password.
    #[arg(long)]
    yes: bool,
}

/// The service, as the operator calls it.
type Client = TenantAdminServiceClient<InterceptedService<Channel, Bearer>>;

/// Does it, and prints what came of it to standard output.
///
/// Fails, in a sentence for people: host not reachable, a gRPC status other than OK, no `--yes`.
pub fn tenant(args: TenantArgs) -> BoxFuture<'static, Result<()>> {
    Box::pin(carry_out(args))
}

async fn carry_out(args: TenantArgs) -> Result<()> {
    let Common { target, json } = &args.common;
    let mut out = Output { json: *json, out: std::io::stdout() };
    match args.command {
        Command::List { name } => {
            let listed = standing::listed(&mut connect(target).await?, &name).await?;
            out.print(&listed, |out| standing::people(&listed.tenants, out))
        }
        Command::Get { tenant_id } => {
            let found = connect(target).await?.get_tenant(GetTenantRequest { tenant_id }).await;
            let found = found.map_err(|status| refused(&status))?.into_inner();
            out.print(&found, |out| standing::people(found.tenant.as_slice(), out))
        }
        Command::RotateKey { tenant_id, overlap_ms } => {
            let request = RotateApiKeyRequest { tenant_id, overlap_ms };
            let rotated = connect(target).await?.rotate_api_key(request).await;
            let rotated = rotated.map_err(|status| refused(&status))?.into_inner();
            out.print(&rotated, |out| standing::rotated(&rotated, out))
        }
        Command::Suspend { tenant_id } => {
            let done = connect(target).await?.suspend_tenant(SuspendTenantRequest { tenant_id }).await;
            let done = done.map_err(|status| refused(&status))?.into_inner();
            out.print(&done, |out| standing::people(done.tenant.as_slice(), out))
        }
        Command::Resume { tenant_id } => {
            let done = connect(target).await?.resume_tenant(ResumeTenantRequest { tenant_id }).await;
            let done = done.map_err(|status| refused(&status))?.into_inner();
            out.print(&done, |out| standing::people(done.tenant.as_slice(), out))
        }
        Command::Foreign => {
            let listed = listed(&mut connect(target).await?).await?;
            out.print(&listed, |out| people(&listed, out))
        }
        Command::Adopt(adopt) => run(target, adopt, &mut out).await,
    }
}

async fn connect(target: &Target) -> Result<Client> {
    target.client(TenantAdminServiceClient::with_interceptor).await
}

async fn run(target: &Target, adopt: AdoptArgs, out: &mut Output<impl Write>) -> Result<()> {
    let AdoptArgs { tenant_id, name: tenant_name, from_other_installation, yes } = adopt;
    ensure!(
        yes,
        "this gives {tenant_id} and all that it has in the cloud to {tenant_name:?}, and its user there another password; \
         say --yes if that is meant"
    );
    let request = AdoptRequest { tenant_id, tenant_name, from_other_installation };
    let adopted = connect(target).await?.adopt(request).await;
    let adopted = adopted.map_err(|status| refused(&status)).context("nothing was adopted")?.into_inner();
    out.print(&adopted, |out| {
        show::fields(&[("tenant", &adopted.tenant_id), ("api key", &adopted.apikey)], out)
    })
}

/// All pages.
async fn listed(client: &mut Client) -> Result<ListForeignResponse> {
    let mut listed = ListForeignResponse::default();
    for page_number in 1.. {
        let request = ListForeignRequest { page_number, page_size: PAGE_SIZE as i32 };
        let page = client.list_foreign(request).await.map_err(|status| refused(&status))?.into_inner();
        let full = page.tenants.len() == PAGE_SIZE;
        listed.installation = page.installation;
        listed.tenants.extend(page.tenants);
        if !full {
            break;
        }
    }
    Ok(listed)
}

fn people(listed: &ListForeignResponse, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "This installation is {}.\n", listed.installation)?;
    let columns = [Left("TENANT"), Left("NAME"), Left("INSTALLATION"), Left("HAS")];
    let rows = listed.tenants.iter().map(|tenant| {
        let ForeignTenant { tenant_id, tenant_name, parts, .. } = tenant;
        [tenant_id.clone(), tenant_name.clone(), origin(tenant, &listed.installation), parts.join(" ")]
    });
    write!(out, "{}", table(columns, rows))
}

fn origin(tenant: &ForeignTenant, own: &str) -> String {
    match tenant.installation.as_str() {
        "" => "no mark".to_owned(),
        installation if installation == own => "this one, without a row".to_owned(),
        installation => installation.to_owned(),
    }
}
