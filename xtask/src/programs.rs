//! `cargo xtask bench`, `soak`, `fault-matrix` and `field-matrix`: programs of the tests crate (`tests/src/bin`), each with fresh plugins.

use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{binaries, plugins, process};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to the program.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    passed: Vec<String>,
}

/// The comparison with a native handler. `--hostile` is one of the benchmark's own arguments.
pub(crate) fn bench(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    plugins::build_with_guests(workspace)?;
    binaries::build_release(workspace, &["patchbay", "cloudsim", "bench"])?;
    run(workspace, &mut Command::new(workspace.release_binary("bench")), arguments)
}

/// Plugins swapped under load, every call counted.
pub(crate) fn soak(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    plugins::build(workspace)?;
    binaries::build_release(workspace, &["patchbay", "cloudsim", "soak"])?;
    let mut soak = Command::new(workspace.release_binary("soak"));
    run(workspace, soak.arg("--report").arg(workspace.target.join("soak")), arguments)
}

/// A fault after each backend call of each change.
pub(crate) fn fault_matrix(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    plugins::build(workspace)?;
    binaries::build(workspace)?;
    run(workspace, &mut Command::new(workspace.binary("fault-matrix")), arguments)
}

/// Each field of each answer, something else in every way.
pub(crate) fn field_matrix(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    plugins::build(workspace)?;
    binaries::build(workspace)?;
    run(workspace, &mut Command::new(workspace.binary("field-matrix")), arguments)
}

fn run(workspace: &Workspace, program: &mut Command, arguments: &Arguments) -> Result<()> {
    process::run(
        program
            .args(&arguments.passed)
            .env("PATCHBAY_PLUGINS", workspace.plugin_directory())
            .env("PATCHBAY_TEST_PLUGINS", workspace.guest_directory())
            .current_dir(&workspace.root),
    )
}
