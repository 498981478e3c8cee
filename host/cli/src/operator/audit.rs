//! `patchbay audit`: who changed what, who was refused, and what happened to plugins on whose behalf.

use std::io::Write;

use anyhow::Result;
use futures::future::BoxFuture;
use patchbay_proto::audit::audit_service_client::AuditServiceClient;
use patchbay_proto::audit::{Entry, ListEntriesRequest, ListEntriesResponse};

use super::output::{Common, Output};
use super::show;
use super::table::Column::{Left, Right};
use super::table::table;
use crate::client::refused;

/// Entries that are asked for at once; the service's own limit.
const PAGE_SIZE: usize = 200;

/// Which entries, and of which host. All of the filters apply.
#[derive(Debug, clap::Args)]
pub struct AuditArgs {
    /// From then on, as 2026-11-23T21:21:41Z.
    #[arg(long, value_name = "TIME", default_value = "", hide_default_value = true)]
    since: String,
    /// Before then.
    #[arg(long, value_name = "TIME", default_value = "", hide_default_value = true)]
    until: String,
    /// `change`, `refusal`, or `event`: what happened to plugins.
    #[arg(long, default_value = "", hide_default_value = true)]
    kind: String,
    /// A tenant's id, or an operator's name.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    by: String,
    /// A part of what was asked for, as `CreateVpc`, or happened, as `activated`.
    #[arg(long, default_value = "", hide_default_value = true)]
    action: String,
    /// A part of what it was on, as a resource's id.
    #[arg(long, default_value = "", hide_default_value = true)]
    on: String,
    /// How it ended: `ok`, `accepted`, or the kind of a failure, as `denied`.
    #[arg(long, default_value = "", hide_default_value = true)]
    outcome: String,
    /// An `x-request-id`.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    request: String,
    /// An `x-operation-id`.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    operation: String,
    /// A plugin's name.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    plugin: String,
    /// How many at most, the newest first.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    common: Common,
}

/// Prints the entries to standard output, the newest first.
///
/// Fails, in a sentence for people: host not reachable, a gRPC status other than OK.
pub fn audit(args: AuditArgs) -> BoxFuture<'static, Result<()>> {
    Box::pin(print(args))
}

async fn print(args: AuditArgs) -> Result<()> {
    let listed = listed(&args).await?;
    let mut out = Output { json: args.common.json, out: std::io::stdout() };
    out.print(&listed, |out| people(&listed.entries, out))
}

/// As many pages as it takes.
async fn listed(args: &AuditArgs) -> Result<ListEntriesResponse> {
    let mut client = args.common.target.client(AuditServiceClient::with_interceptor).await?;
    let mut listed = ListEntriesResponse::default();
    while listed.entries.len() < args.limit {
        let size = PAGE_SIZE.min(args.limit - listed.entries.len());
        let before = listed.entries.last().map(|last: &Entry| last.number);
        let page = client.list_entries(args.request(before, size as i32)).await;
        let page = page.map_err(|status| refused(&status))?.into_inner().entries;
        let full = page.len() == size;
        listed.entries.extend(page);
        if !full {
            break;
        }
    }
    Ok(listed)
}

impl AuditArgs {
    fn request(&self, before: Option<i64>, page_size: i32) -> ListEntriesRequest {
        ListEntriesRequest {
            since_time: self.since.clone(),
            until_time: self.until.clone(),
            kind: self.kind.clone(),
            name: self.by.clone(),
            action: self.action.clone(),
            named: self.on.clone(),
            outcome: self.outcome.clone(),
            request_id: self.request.clone(),
            operation_id: self.operation.clone(),
            plugin: self.plugin.clone(),
            before,
            page_size,
        }
    }
}

fn people(entries: &[Entry], out: &mut impl Write) -> std::io::Result<()> {
    let columns = [
        Right("NUMBER"),
        Left("TIME"),
        Left("WHO"),
        Left("FROM"),
        Left("WHAT"),
        Left("ON"),
        Left("OUTCOME"),
        Left("PLUGIN"),
        Left("REQUEST"),
        Left("OPERATION"),
    ];
    let rows = entries.iter().map(|entry| {
        [
            entry.number.to_string(),
            entry.time.clone(),
            who(entry),
            entry.peer.clone(),
            entry.action.clone(),
            entry.named.join(" "),
            entry.outcome.clone(),
            show::label(&entry.plugin, &entry.digest),
            entry.request_id.clone(),
            entry.operation_id.clone(),
        ]
    });
    write!(out, "{}", table(columns, rows))
}

/// "operator alice", "tenant t-0000000001 for u-7"
fn who(entry: &Entry) -> String {
    let user = Some(&entry.platform_userid).filter(|user| !user.is_empty());
    let user = user.map(|user| format!(" for {user}")).unwrap_or_default();
    format!("{} {}{user}", entry.actor, entry.name).trim_end().to_owned()
}
