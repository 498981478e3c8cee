//! `fault-matrix`: each RPC that changes something, with a fault after each of its backend calls in turn, and then again with
//! the same idempotency key. Counts operations without an end, resources that nobody names, and resources made twice.
//! Started by `cargo xtask fault-matrix`, which builds what it needs.
//!
//! Reads as a table of contents: what goes wrong is in `fault`, where in `site`, how a point is judged in `judge`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "as in a test, a panic is the report")]

mod fault;
mod judge;
mod point;
mod report;
mod round;
mod site;
mod tally;
mod whole;

use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, ValueEnum};
use patchbay_tests::change::{CHANGES, Change};
use patchbay_tests::postgres::Postgres;
use tokio::task::LocalSet;

use crate::fault::Fault;
use crate::round::Plan;
use crate::site::{Patience, Site};
use crate::tally::Tally;

/// Where the host keeps tenants and operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

/// Lets every backend call of every change fail, and counts what is lost, left and doubled.
#[derive(Parser)]
struct Arguments {
    /// Where the host keeps tenants and operations.
    #[arg(long, default_value = "sqlite")]
    db: Database,
    /// Only these RPCs, as "CreateVpc,CreateTenant".
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    // Points go on beside each other in one thread: what they wait for is in others.
    LocalSet::new().run_until(Box::pin(run(Arguments::parse()))).await
}

async fn run(arguments: Arguments) -> Result<ExitCode> {
    let changes = chosen(&arguments.only)?;
    let postgres = match arguments.db {
        Database::Sqlite => None,
        Database::Postgres => Some(Postgres::start().await?),
    };
    let mut tally = Tally::default();
    for (patience, faults) in [(Patience::Short, &Fault::PASSING[..]), (Patience::Long, &Fault::STRIKES[..])]
    {
        let database = postgres.as_ref().map(|server| server.database(patience.as_str())).transpose()?;
        let mut site = Site::start(database, patience).await;
        prove(&mut site, &changes, faults, &mut tally).await?;
    }
    if let Some(server) = &postgres {
        let mut site = Site::start(Some(server.database("shared")?), Patience::Long).await;
        prove(&mut site, &changes, &[Fault::Takeover], &mut tally).await?;
    }
    report::print(&tally);
    Ok(if tally.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn prove(
    site: &mut Site,
    changes: &[&'static Change],
    faults: &[Fault],
    tally: &mut Tally,
) -> Result<()> {
    report::say(&format!("{} changes with nothing wrong", changes.len()));
    let wholes = round::wholes(site, changes).await?;
    for fault in faults {
        let plans: Vec<_> = wholes.iter().flat_map(|whole| Plan::all(whole, *fault)).collect();
        report::say(&format!("{}: {} backend calls", fault.as_str(), plans.len()));
        let judged = round::carry_out(site, plans).await;
        judged.into_iter().for_each(|(plan, verdict)| tally.add(&plan, verdict));
        ensure!(tally.points(*fault) > 0, "{} never came about, so nothing is proved", fault.as_str());
    }
    Ok(())
}

fn chosen(only: &[String]) -> Result<Vec<&'static Change>> {
    let of = |name: &String| CHANGES.iter().filter(|change| change.to_string() == *name).collect::<Vec<_>>();
    for name in only {
        (!of(name).is_empty()).then_some(()).with_context(|| format!("no change is called {name}"))?;
    }
    Ok(if only.is_empty() { CHANGES.iter().collect() } else { only.iter().flat_map(of).collect() })
}
