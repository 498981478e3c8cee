//! `soak`: plugins are swapped while a closed loop of callers keeps the host busy, and every call is counted.
//! Started by `cargo xtask soak`, which builds what it needs.
//!
//! Reads as a table of contents: who calls is in `callers`, what is swapped in `swap`, what must come out in `target`.

mod audit;
mod caller;
mod callers;
mod chart;
mod client;
mod disk;
mod figures;
mod group;
mod memory;
mod report;
mod round;
mod rpc;
mod serving;
mod swap;
mod tally;
mod target;
mod timeline;
mod vpc;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::Parser;
use patchbay_tests::measured::cloud::Cloud;
use patchbay_tests::measured::host::{Host, Settings};
use patchbay_tests::measured::scene::Scene;
use patchbay_tests::measured::{beside, plugins};

use crate::callers::Callers;
use crate::figures::Figures;
use crate::round::Plan;
use crate::swap::Swapper;
use crate::tally::Tally;

/// Tenants among whom the callers are divided.
const TENANTS: usize = 8;

/// Swaps plugins under load and counts what gets lost.
#[derive(Parser)]
struct Arguments {
    /// Calls in all, at least.
    #[arg(long, default_value_t = 1_000_000)]
    calls: u64,
    /// Swaps in all.
    #[arg(long, default_value_t = 1_000)]
    swaps: usize,
    /// Fail only for what was lost, not for what took long: for a machine that does other things as well.
    #[arg(long)]
    counts_only: bool,
    /// Whose call an instance may serve that has served one before: tenant, generation or never.
    #[arg(long, default_value = "tenant")]
    reuse: String,
    /// Where the report goes.
    #[arg(long)]
    report: PathBuf,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    // An error says that there is one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments = Arguments::parse();
    let directory = tempfile::tempdir()?;
    let figures = prove(&arguments, directory.path()).await?;
    let missed = figures.missed(arguments.counts_only);
    report::write(&arguments.report, &figures, &missed)?;
    report::print(&arguments.report, &figures, &missed);
    Ok(if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn prove(arguments: &Arguments, directory: &Path) -> Result<Figures> {
    let cloud = Cloud::start(&beside("cloudsim")?, &[]).await?;
    let settings = Settings {
        binary: beside("patchbay")?,
        plugins: copied(&plugins()?, &directory.join("plugins"))?,
        directory: directory.to_owned(),
        auth_url: cloud.auth_url(),
        lent: toml::Table::new(),
        reuse: arguments.reuse.clone(),
    };
    let (heard, verdicts) = serving::listen();
    let host = Host::start(&settings, heard).await?;
    let scenes = scenes(&host, &cloud).await?;
    let tally = Arc::new(Tally::new()?);
    let mut swapper = Swapper::new(&settings.plugins, verdicts)?;
    swapper.warm_up().await?;

    let callers = Callers::start(&host.address, &scenes, &tally).await?;
    let plan = Plan { calls: arguments.calls, swaps: arguments.swaps };
    let swaps = plan.carry_out(&tally, swapper, &host.process).await?;
    let kept = callers.stop().await?;

    report::say("looking for lost operations");
    let lost = audit::lost(&settings, kept, &tally).await?;
    host.stop().await?;
    cloud.stop().await?;
    Figures::of(Arc::into_inner(tally).context("a caller goes on")?, swaps, lost)
}

/// A plugin directory of its own, whose files may be swapped.
fn copied(from: &Path, to: &Path) -> Result<PathBuf> {
    std::fs::create_dir(to)?;
    for file in std::fs::read_dir(from).context("built plugins: cargo xtask plugins")? {
        let file = file?;
        std::fs::copy(file.path(), to.join(file.file_name()))?;
    }
    Ok(to.to_owned())
}

async fn scenes(host: &Host, cloud: &Cloud) -> Result<Vec<Scene>> {
    let network = cloud.network().await?;
    let mut scenes = Vec::new();
    for number in 1..=TENANTS {
        scenes.push(Scene::set(host, &format!("proof-{number}"), &network).await?);
    }
    Ok(scenes)
}
