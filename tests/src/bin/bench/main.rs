//! `bench`: what the plugins cost. The same three RPCs through the host and through a native handler that does the
//! same backend calls, in turns, on one simulated cloud. With `--hostile`: what a plugin that misbehaves costs the others.
//! Started by `cargo xtask bench`, which builds what it needs.
//!
//! Reads as a table of contents: what is measured is in `rpc`, how in `load`, how it is told in `report`.

mod hostile;
mod journal;
mod load;
mod native;
mod report;
mod rpc;
mod verbatim;

use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};
use patchbay_tests::measured::cloud::Cloud;
use patchbay_tests::measured::host::{Host, Settings};
use patchbay_tests::measured::process::echo;
use patchbay_tests::measured::scene::Scene;
use patchbay_tests::measured::{beside, plugins};

use crate::load::Load;
use crate::native::Native;
use crate::report::{Report, Series};
use crate::rpc::Rpc;

/// Compares the host with a native handler.
#[derive(Parser)]
struct Arguments {
    /// Turns that each of the two gets for each RPC and number of callers.
    #[arg(long, default_value_t = 6)]
    rounds: u32,
    /// How long a turn takes.
    #[arg(long, default_value_t = 1_500)]
    turn_ms: u64,
    /// Measures what a hostile plugin does to its neighbours instead.
    #[arg(long)]
    hostile: bool,
    /// Only the RPCs, or with `--hostile` the disturbances, in whose name this is.
    #[arg(long)]
    only: Option<String>,
    /// Whose call an instance may serve that has served one before: tenant, generation or never.
    #[arg(long, default_value = "tenant")]
    reuse: String,
    #[command(subcommand)]
    mode: Option<Mode>,
}

#[derive(Subcommand)]
enum Mode {
    /// Serves as the native handler; the benchmark starts it.
    #[command(hide = true)]
    Native(native::Arguments),
    /// Disturbs a host; the benchmark starts it.
    #[command(hide = true)]
    Attack(hostile::Arguments),
}

#[tokio::main]
async fn main() -> Result<()> {
    // An error says that there is one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Arguments { rounds, turn_ms, hostile, only, reuse, mode } = Arguments::parse();
    let turn = Duration::from_millis(turn_ms);
    match mode {
        Some(Mode::Native(arguments)) => native::serve(arguments).await,
        Some(Mode::Attack(arguments)) => hostile::carry_out(arguments).await,
        None if hostile => hostile::compare(rounds, turn, only.as_deref()).await,
        None => compare(rounds, turn, reuse, only.as_deref().unwrap_or_default()).await,
    }
}

async fn compare(rounds: u32, turn: Duration, reuse: String, only: &str) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let cloud = Cloud::start(&beside("cloudsim")?, &["--instant"]).await?;
    let settings = Settings {
        binary: beside("patchbay")?,
        plugins: plugins()?,
        directory: directory.path().to_owned(),
        auth_url: cloud.auth_url(),
        lent: toml::Table::new(),
        reuse,
    };
    // The first start compiles the plugins, the second finds them compiled.
    Host::start(&settings, echo).await?.stop().await?;
    let host = Host::start(&settings, echo).await?;
    let idle_mib = host.process.resident_mib()?;
    let scene = Scene::set(&host, "bench", &cloud.network().await?).await?;
    let native = Native::start(&scene, &cloud.member(&scene.tenant.id).await?).await?;

    let mut report = Report::new(host.started_in, idle_mib)?;
    for rpc in Rpc::ALL.into_iter().filter(|rpc| rpc.name().contains(only)) {
        for callers in load::CALLERS {
            let load = Load::new(rpc, &scene, callers, turn);
            report.add(in_turns(&load, rounds, &host, &native).await?);
        }
    }
    report.journal = journal::waits(directory.path()).await?;
    report.loaded_mib = host.process.resident_mib()?;
    report.print()?;
    native.stop().await?;
    host.stop().await?;
    cloud.stop().await
}

/// Both in turns, so that whatever else the machine does hits both.
async fn in_turns(load: &Load, rounds: u32, host: &Host, native: &Native) -> Result<Series> {
    let question = load.agreed(&host.address, &native.address).await?;
    let mut series = Series::new(load.rpc, load.callers)?;
    for round in 0..=rounds {
        eprintln!("{} with {} callers, turn {round} of {rounds}", load.rpc.name(), load.callers);
        let of_host = load.turn(&host.process, &host.address, &question).await?;
        let of_native = load.turn(&native.process, &native.address, &question).await?;
        // The first turns are to warm up.
        if round > 0 {
            series.host.add(&of_host)?;
            series.native.add(&of_native)?;
        }
    }
    Ok(series)
}
