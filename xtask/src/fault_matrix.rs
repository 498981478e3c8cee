//! `cargo xtask fault-matrix`: a fault after each backend call of each change, with fresh plugins. The program is
//! `tests/src/bin/fault-matrix`.

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
        Command::new(workspace.binary("fault-matrix"))
            .args(&arguments.proof)
            .env("PATCHBAY_PLUGINS", workspace.plugin_directory())
            .current_dir(&workspace.root),
    )
}
