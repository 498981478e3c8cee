//! `cargo xtask soak`: plugins swapped under load, every call counted, with fresh plugins. The program is
//! `tests/src/bin/soak`.

use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{binaries, plugins, process};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on: `--calls N`, `--swaps N`, `--counts-only`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    proof: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    plugins::build(workspace)?;
    binaries::build_optimised(workspace)?;
    process::run(
        Command::new(workspace.binary("soak"))
            .arg("--report")
            .arg(workspace.target.join("soak"))
            .args(&arguments.proof)
            .env("PATCHBAY_PLUGINS", workspace.plugin_directory())
            .current_dir(&workspace.root),
    )
}
