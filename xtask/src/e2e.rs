//! `cargo xtask e2e`: the end-to-end tests on a real OpenStack.

use anyhow::Result;

use crate::rig::Rig;
use crate::workspace::{Workspace, cargo};
use crate::{plugins, process};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave OpenStack running also where this command started it.
    #[arg(long)]
    keep: bool,
    /// Passed on to `cargo test`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    cargo: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    plugins::build_with_guests(workspace)?;
    let rig = Rig::of(workspace);
    let keep = arguments.keep || rig.is_up();
    let tested = rig.up().and_then(|()| test(workspace, &rig, &arguments.cargo));
    if keep {
        process::say(&rig.stop_hint());
        return tested;
    }
    tested.and(rig.down())
}

fn test(workspace: &Workspace, rig: &Rig, arguments: &[String]) -> Result<()> {
    let credentials = rig.credentials()?;
    process::step("end-to-end tests on OpenStack", "6 minutes, the first build 10 minutes", || {
        process::run(
            cargo()
                // The integration tests of all packages; see `binaries` for why of all.
                .args(["test", "--workspace", "--test", "*"])
                .args(arguments)
                .env("PATCHBAY_TEST_REAL", "1")
                .env("PATCHBAY_PLUGINS", workspace.plugin_directory())
                .env("PATCHBAY_TEST_PLUGINS", workspace.guest_directory())
                .envs(credentials)
                .current_dir(&workspace.root),
        )
    })
}
