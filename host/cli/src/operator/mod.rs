//! `patchbay plugin …`, `patchbay journal`, `patchbay audit`, `patchbay tenant …` and `patchbay operator …`: what an operator does with the plugins of a running host,
//! what they did, and which tenants the cloud has that the host does not know, from the command line.
//!
//! A client of `PluginService`, `JournalService` and `TenantAdminService` like any other. What the commands print is in `show`
//! and `table`, in which form in `output`; what a component's file holds is told by the function that the binary hands in (`inspect`).

mod audit;
mod inspect;
mod journal;
mod load;
mod output;
mod route;
mod selector;
mod show;
mod standing;
mod table;
mod tenant;
mod token;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use futures::future::BoxFuture;
use patchbay_proto::plugin::plugin_service_client::PluginServiceClient;
use patchbay_proto::plugin::{
    ActivateRequest, ListPluginsRequest, ListPluginsResponse, RollbackRequest, WatchEventsRequest,
};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;

pub use self::audit::{AuditArgs, audit};
pub use self::inspect::Inspect;
pub use self::journal::{JournalArgs, journal};
use self::output::{Common, Output};
use self::route::{Line, RouteArgs};
use self::selector::GenerationSelector;
pub use self::tenant::{TenantArgs, tenant};
pub use self::token::{OperatorArgs, operator};
use crate::client::{Bearer, Target, refused};

/// What to do, and with which host.
#[derive(Debug, clap::Args)]
pub struct PluginArgs {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show every generation that is kept, those that were refused lately, and what other hosts on the database serve.
    List,
    /// Put a component in the place of a plugin's file and wait for the verdict on it.
    Load {
        /// The component.
        file: PathBuf,
        /// Which plugin it is; the file's name without `.wasm` where this is not given.
        #[arg(long, value_name = "NAME")]
        plugin: Option<String>,
    },
    /// Give a generation the calls of its domain and region.
    Activate {
        /// Its number, or PLUGIN@DIGEST with as much of the digest as is unique.
        generation: GenerationSelector,
    },
    /// Give the calls back to the generation that had them before.
    Rollback {
        /// DOMAIN, or DOMAIN/REGION.
        line: Line,
    },
    /// Share the calls of a domain and region out between its generations.
    Route(RouteArgs),
    /// Print what happens to plugins, a line an event, until Ctrl-C.
    Watch {
        /// Begin after the event of this number; 0: with the oldest that is kept.
        #[arg(long, value_name = "NUMBER")]
        since: Option<u64>,
    },
    /// Show one generation and how its admission went; or what a component's file holds, without a host.
    Inspect {
        /// A generation's number, PLUGIN@DIGEST, or a file.
        what: String,
    },
}

/// Does it, and prints what came of it to standard output.
///
/// Fails, in a sentence for people: host not reachable, a gRPC status other than OK, a component that was refused.
pub fn plugin(args: PluginArgs, inspect: Inspect) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move { run(args, inspect, &mut std::io::stdout()).await })
}

async fn run(args: PluginArgs, inspect: Inspect, out: &mut impl Write) -> Result<()> {
    let Common { target, json } = &args.common;
    let out = &mut Output { json: *json, out };
    match args.command {
        Command::List => {
            let listed = list(&mut connect(target).await?).await?;
            out.print(&listed, |out| {
                show::generations(&listed.generations, out)?;
                show::hosts(&listed.hosts, out)
            })
        }
        Command::Load { file, plugin } => load::run(&mut connect(target).await?, &file, plugin, out).await,
        Command::Activate { generation } => activate(&mut connect(target).await?, &generation, out).await,
        Command::Rollback { line } => rollback(&mut connect(target).await?, line, out).await,
        Command::Route(route) => route::run(&mut connect(target).await?, route, out).await,
        Command::Watch { since } => watch(&mut connect(target).await?, since, out).await,
        Command::Inspect { what } => match what.parse() {
            Ok(wanted) => inspect::generation(&mut connect(target).await?, &wanted, out).await,
            Err(_) => inspect::file(what.as_ref(), inspect, out).await,
        },
    }
}

/// The service, as the operator calls it.
type Client = PluginServiceClient<InterceptedService<Channel, Bearer>>;

async fn connect(target: &Target) -> Result<Client> {
    target.client(PluginServiceClient::with_interceptor).await
}

async fn list(client: &mut Client) -> Result<ListPluginsResponse> {
    let listed = client.list_plugins(ListPluginsRequest {}).await;
    Ok(listed.map_err(|status| refused(&status))?.into_inner())
}

async fn activate(
    client: &mut Client,
    wanted: &GenerationSelector,
    out: &mut Output<impl Write>,
) -> Result<()> {
    let generation = wanted.number(client).await?;
    let activated = client.activate(ActivateRequest { generation }).await;
    let activated = activated.map_err(|status| refused(&status))?.into_inner();
    out.print(&activated, |out| show::generations(activated.generation.as_slice(), out))
}

async fn rollback(client: &mut Client, line: Line, out: &mut Output<impl Write>) -> Result<()> {
    let back = client.rollback(RollbackRequest { domain: line.domain, region: line.region }).await;
    let back = back.map_err(|status| refused(&status))?.into_inner();
    out.print(&back, |out| show::generations(back.generation.as_slice(), out))
}

/// A line an event, as it comes.
async fn watch(client: &mut Client, since: Option<u64>, out: &mut Output<impl Write>) -> Result<()> {
    let events = client.watch_events(WatchEventsRequest { since }).await;
    let mut events = events.map_err(|status| refused(&status))?.into_inner();
    while let Some(event) = events.message().await.map_err(|status| refused(&status))? {
        out.line(&event, |out| show::event(&event, out))?;
    }
    anyhow::bail!("the host has stopped")
}
