//! The workspace's native binaries: host, simulator, benchmark.

use std::process::Command;

use anyhow::Result;

use crate::process;
use crate::workspace::{Workspace, cargo};

/// Builds them all, into the target directory.
///
/// Always the whole workspace, here and in the tests: cargo unites the features of what it builds at once, and
/// a smaller selection gives the deepest dependencies other features, so that all above them is compiled twice.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    process::step("building host and simulator", "seconds, the first time 8 minutes", || {
        process::run(&mut cargo_build(workspace))
    })
}

/// As [`build`], with our own code compiled to run fast as well: for measuring.
pub(crate) fn build_optimised(workspace: &Workspace) -> Result<()> {
    process::step("building host, simulator and benchmark to run fast", "4 minutes", || {
        let mut cargo = cargo_build(workspace);
        // Incremental builds are cut into pieces too small to be optimised well. Dependencies have a profile of
        // their own and are not touched by either.
        cargo.args(["--config", "profile.dev.package.patchbay-tests.opt-level=3"]);
        process::run(cargo.env("CARGO_PROFILE_DEV_OPT_LEVEL", "3").env("CARGO_INCREMENTAL", "0"))
    })
}

fn cargo_build(workspace: &Workspace) -> Command {
    let mut cargo = cargo();
    cargo.args(["build", "--workspace", "--bins"]).current_dir(&workspace.root);
    cargo
}
