//! `patchbay journal`: what plugins changed in the backends for one call of the platform, or for one operation.

use std::io::Write;

use anyhow::{Result, bail};
use futures::future::BoxFuture;
use patchbay_proto::journal::journal_service_client::JournalServiceClient;
use patchbay_proto::journal::list_calls_request::Of;
use patchbay_proto::journal::{Call, ListCallsRequest, ListCallsResponse};

use super::output::{Common, Output};
use super::show;
use super::table::Column::{Left, Right};
use super::table::table;
use crate::client::refused;

/// Calls that are asked for at once; the service's own limit.
const PAGE_SIZE: usize = 200;

/// Whose calls, and of which host.
#[derive(Debug, clap::Args)]
pub struct JournalArgs {
    /// An `x-request-id` ("req-…") or an `x-operation-id` ("op-…").
    #[arg(value_name = "REQUEST_OR_OPERATION_ID")]
    id: String,
    #[command(flatten)]
    common: Common,
}

/// Prints the calls to standard output, in the order in which they ended.
///
/// Fails, in a sentence for people: host not reachable, a gRPC status other than OK, no calls.
pub fn journal(args: JournalArgs) -> BoxFuture<'static, Result<()>> {
    Box::pin(print(args))
}

async fn print(args: JournalArgs) -> Result<()> {
    let listed = listed(&args).await?;
    let mut out = Output { json: args.common.json, out: std::io::stdout() };
    out.print(&listed, |out| people(&listed.calls, out))?;
    if listed.calls.is_empty() {
        bail!("the journal has no calls of {}", args.id);
    }
    Ok(())
}

/// All pages.
async fn listed(args: &JournalArgs) -> Result<ListCallsResponse> {
    let mut client = args.common.target.client(JournalServiceClient::with_interceptor).await?;
    let mut listed = ListCallsResponse::default();
    for page_number in 1.. {
        let request = ListCallsRequest { of: Some(of(&args.id)), page_number, page_size: PAGE_SIZE as i32 };
        let page = client.list_calls(request).await.map_err(|status| refused(&status))?.into_inner().calls;
        let full = page.len() == PAGE_SIZE;
        listed.calls.extend(page);
        if !full {
            break;
        }
    }
    Ok(listed)
}

fn of(id: &str) -> Of {
    if id.starts_with("op-") { Of::OperationId(id.to_owned()) } else { Of::RequestId(id.to_owned()) }
}

fn people(calls: &[Call], out: &mut impl Write) -> std::io::Result<()> {
    let columns = [
        Left("SENT"),
        Right("TOOK"),
        Left("PLUGIN"),
        Left("UPSTREAM"),
        Left("METHOD"),
        Left("PATH"),
        Left("STATUS"),
        Left("IDS"),
        Left("BACKEND REQUEST"),
    ];
    let rows = calls.iter().map(|call| {
        [
            call.sent_time.clone(),
            show::milliseconds(u64::try_from(call.took_us).unwrap_or(0)),
            show::label(&call.plugin, &call.digest),
            call.upstream.clone(),
            call.method.clone(),
            call.path.clone(),
            call.status.map_or_else(|| call.failure.clone(), |status| status.to_string()),
            call.ids.join(" "),
            call.backend_request_id.clone(),
        ]
    });
    write!(out, "{}", table(columns, rows))
}
