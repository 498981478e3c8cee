//! `cargo xtask`: the project's own commands, one file each.
//!
//! It is compiled before anything else, so it depends on little and on no crate of the workspace.
#![forbid(unsafe_code)]

mod artifacts;
mod binaries;
mod certificates;
mod cloud;
mod component;
mod dev;
mod e2e;
mod openstack;
mod plugins;
mod ports;
mod process;
mod programs;
mod progress;
mod rig;
mod service;
mod test;
mod toolchain;
mod up;
mod walls;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use workspace::Workspace;

/// Build, run and test Patchbay.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the plugins into target/plugins, and the tests' own into target/test-plugins.
    Plugins,
    /// Run the host with a simulated cloud in the foreground, on fixed ports, until Ctrl-C.
    Up(up::Arguments),
    /// See that no import runs up, and that the drawing of the crates is today's.
    Walls(walls::Arguments),
    /// Run every test that needs no outside system.
    Test(test::Arguments),
    /// Bring up a real OpenStack and run the end-to-end tests on it.
    E2e(e2e::Arguments),
    /// Compare the host with a native handler. Takes `--hostile` and other arguments of `tests/src/bin/bench`.
    Bench(programs::Arguments),
    /// Swap plugins under full load and show that nothing is lost. Takes `--calls N`, `--swaps N`, `--counts-only`.
    #[command(alias = "swap-proof")]
    Soak(programs::Arguments),
    /// Let every backend call of every change fail, and show that nothing is lost, left or doubled. Takes
    /// `--db sqlite|postgres`, `--only RPC,RPC`.
    #[command(alias = "crash-proof")]
    FaultMatrix(programs::Arguments),
    /// Make each field of each backend's answer something else in every way, and show that no call suffers more than that.
    /// Takes `--only RPC,RPC`, `--reads N` and `--changes N` (one of so many), `--seed N`.
    FieldMatrix(programs::Arguments),
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        // The sentence alone: a backtrace through this program helps nobody whose port is taken.
        Err(error) => {
            process::complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    match command {
        Command::Plugins => plugins::build_with_guests(&workspace),
        Command::Up(arguments) => up::run(&workspace, &arguments),
        Command::Walls(arguments) => walls::run(&workspace, &arguments),
        Command::Test(arguments) => test::run(&workspace, &arguments),
        Command::E2e(arguments) => e2e::run(&workspace, &arguments),
        Command::Bench(arguments) => programs::bench(&workspace, &arguments),
        Command::Soak(arguments) => programs::soak(&workspace, &arguments),
        Command::FaultMatrix(arguments) => programs::fault_matrix(&workspace, &arguments),
        Command::FieldMatrix(arguments) => programs::field_matrix(&workspace, &arguments),
    }
}
