//! `cargo xtask crash-proof`: a fault after each backend call of each change, with fresh plugins. What is counted is the
//! tests crate's affair.

use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{binaries, plugins, process};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on: `--db sqlite|postgres`, `--only RPC,RPC`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    proof: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    plugins::build(workspace)?;
    binaries::build(workspace)?;
    process::run(
        Command::new(workspace.binary("crash-proof"))
            .args(&arguments.proof)
            .env("PATCHBAY_PLUGINS", workspace.plugin_directory())
            .current_dir(&workspace.root),
    )
}
