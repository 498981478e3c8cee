//! The `patchbay` binary: arguments, configuration, start, wait, drain.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use patchbay_cli::call::{CallArgs, call};
use patchbay_cli::operator::{
    AuditArgs, JournalArgs, OperatorArgs, PluginArgs, TenantArgs, audit, journal, operator, plugin, tenant,
};
use patchbay_core::text::escaped_lines;
use patchbay_runtime::{Compiler, Inspection, compile_input};
use patchbay_server::config::reference;
use patchbay_server::{Config, Host};
use patchbay_telemetry::log;
use rustix::fs::Mode;
use rustix::process::umask;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

/// A call allocates some 150 times, and where futures of a few kilobytes come and go the system's allocator is slow.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The IaaS API host.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or SIGINT.
    Serve {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Check a configuration file, with the certificates and operators that it names, and say what is wrong with it.
    CheckConfig {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Print the configuration file's JSON schema, with which an editor checks and completes it.
    ConfigSchema,
    /// Print docs/configuration.md.
    #[command(hide = true)]
    ConfigReference,
    /// Call any RPC of a running host: `patchbay call instance.InstanceService/GetInstance '{"tenant_id":"…"}'`.
    Call(CallArgs),
    /// Look at the plugins of a running host, load them, switch over and back.
    Plugin(PluginArgs),
    /// Show what plugins changed in the backends for one call, or for one operation.
    Journal(JournalArgs),
    /// Show who changed what, who was refused, and what happened to plugins on whose behalf.
    Audit(AuditArgs),
    /// Show what the cloud has of tenants that the host does not know, and take one over.
    Tenant(TenantArgs),
    /// Draw a token for an operator, with what the operators' file keeps of it.
    Operator(OperatorArgs),
    /// Compile the component on standard input; the host starts this.
    #[command(hide = true)]
    Compile {
        /// Where compiled components are kept.
        #[arg(long)]
        cache_directory: PathBuf,
    },
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    match runtime().and_then(|runtime| runtime.block_on(run(command))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("patchbay: {}", escaped_lines(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build().context("the threads cannot be started")
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve { config } => serve(&config).await,
        Command::CheckConfig { config } => check(&config),
        Command::ConfigSchema => print(&format!("{:#}", reference::schema())),
        Command::ConfigReference => print(reference::markdown().trim_end()),
        Command::Call(arguments) => call(arguments).await,
        Command::Plugin(arguments) => plugin(arguments, inspect).await,
        Command::Journal(arguments) => journal(arguments).await,
        Command::Audit(arguments) => audit(arguments).await,
        Command::Tenant(arguments) => tenant(arguments).await,
        Command::Operator(arguments) => operator(&arguments),
        Command::Compile { cache_directory } => compile_input(&cache_directory),
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("standard output")
}

/// For `patchbay plugin inspect`.
fn inspect(bytes: &[u8]) -> anyhow::Result<serde_json::Value> {
    Ok(serde_json::to_value(Inspection::of(bytes)?)?)
}

fn check(path: &std::path::Path) -> anyhow::Result<()> {
    let config = Config::read(path)?;
    // What is no error is told as the host would.
    log::init(&config.log)?;
    config.check_files()
}

async fn serve(path: &std::path::Path) -> anyhow::Result<()> {
    let mut config = Config::read(path)?;
    config.plugin.compiler = Some(Compiler::this_binary());
    // Whatever is written from here on, also by what the host starts, is its owner's alone.
    umask(Mode::RWXG | Mode::RWXO);
    log::init(&config.log)?;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be waited for")?;
    let host = Host::start(config).await?;
    tracing::info!(grpc = %host.grpc(), http = %host.http(), "serving");
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted.context("SIGINT cannot be waited for")?,
    }
    tracing::info!("stopping: no new calls, those in flight go on");
    host.stop().await?;
    tracing::info!("stopped");
    Ok(())
}
