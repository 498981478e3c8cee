//! `cargo xtask`: the project's own commands, one file each.
//!
//! It is compiled before anything else, so it depends on little and on no crate of the workspace.
#![forbid(unsafe_code)]

mod artifacts;
mod bench;
mod binaries;
mod cloud;
mod component;
mod dev;
mod e2e;
mod fault_matrix;
mod openstack;
mod plugins;
mod ports;
mod process;
mod progress;
mod rig;
mod service;
mod soak;
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
    /// Compare the host with a native handler.
    Bench(bench::Arguments),
    /// Swap plugins under full load and show that nothing is lost.
    #[command(alias = "swap-proof")]
    Soak(soak::Arguments),
    /// Let every backend call of every change fail, and show that nothing is lost, left or doubled.
    #[command(alias = "crash-proof")]
    FaultMatrix(fault_matrix::Arguments),
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
        Command::Bench(arguments) => bench::run(&workspace, &arguments),
        Command::Soak(arguments) => soak::run(&workspace, &arguments),
        Command::FaultMatrix(arguments) => fault_matrix::run(&workspace, &arguments),
    }
}
