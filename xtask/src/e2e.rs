//! `cargo xtask e2e`: the end-to-end tests on a real OpenStack and real Ceph.

use anyhow::Result;

use crate::rig::Rigs;
use crate::workspace::{Workspace, cargo};
use crate::{plugins, process};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave OpenStack and Ceph running also where this command started them.
    #[arg(long)]
    keep: bool,
    /// Passed on to `cargo test`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    cargo: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    plugins::build_with_guests(workspace)?;
    let rigs = Rigs::of(workspace);
    rigs.with(arguments.keep, || test(workspace, &rigs, &arguments.cargo))
}

fn test(workspace: &Workspace, rigs: &Rigs, arguments: &[String]) -> Result<()> {
    let variables = rigs.variables()?;
    process::step("end-to-end tests on OpenStack and Ceph", "6 minutes after the build", || {
        process::run(
            cargo()
                // The integration tests of all packages; see `binaries` for why of all.
                .args(["test", "--workspace", "--test", "*"])
                .args(arguments)
                .env("PATCHBAY_TEST_REAL", "1")
                .env("PATCHBAY_PLUGINS", workspace.plugin_directory())
                .env("PATCHBAY_TEST_PLUGINS", workspace.guest_directory())
                .envs(variables)
                .current_dir(&workspace.root),
        )
    })
}
