//! `cargo xtask bench`: the comparison that the tests crate measures, with fresh plugins. `--hostile` is one
//! of the benchmark's own arguments.

use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{binaries, plugins, process};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to the benchmark.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    bench: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    plugins::build_with_guests(workspace)?;
    binaries::build_optimised(workspace)?;
    process::run(
        Command::new(workspace.binary("bench"))
            .args(&arguments.bench)
            .env("PATCHBAY_PLUGINS", workspace.plugin_directory())
            .env("PATCHBAY_TEST_PLUGINS", workspace.guest_directory())
            .current_dir(&workspace.root),
    )
}
