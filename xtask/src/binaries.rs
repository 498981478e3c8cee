//! The workspace's native binaries: host, simulator, proofs, benchmark.
//!
//! All of them or some, the packages are always those of the whole workspace, here and in the tests: cargo unites
//! the features of the packages that it selects, and a smaller selection gives the deepest dependencies other
//! features, so that all above them is compiled twice. To name binaries selects no packages.

use std::process::Command;

use anyhow::Result;

use crate::workspace::{Workspace, cargo};
use crate::{process, progress};

/// Builds all into the target directory.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    process::step("building host, simulator and proofs", "seconds, the first time 16 minutes", || {
        progress::build(workspace, cargo_build().arg("--bins"), &select("--package", &workspace.programs))
    })
}

/// Builds some, each called as its package, and nothing that they do not need.
pub(crate) fn build_only(workspace: &Workspace, names: &[&str]) -> Result<()> {
    let title = format!("building {}", names.join(" and "));
    process::step(&title, "seconds, the first time 16 minutes", || {
        let mut cargo = cargo_build();
        cargo.args(select("--bin", names));
        progress::build(workspace, &mut cargo, &select("--package", names))
    })
}

/// Builds some as a deployment does, into a directory of their own: for measuring.
pub(crate) fn build_release(workspace: &Workspace, names: &[&str]) -> Result<()> {
    let title = format!("building {} for deployment", names.join(" and "));
    process::step(&title, "many minutes the first time", || {
        let mut cargo = cargo_build();
        cargo.arg("--release").args(select("--bin", names));
        progress::build(workspace, &mut cargo, &select("--package", &workspace.programs))
    })
}

fn cargo_build() -> Command {
    let mut cargo = cargo();
    cargo.args(["build", "--workspace"]);
    cargo
}

fn select<'a>(option: &'a str, names: &'a [impl AsRef<str>]) -> Vec<&'a str> {
    names.iter().flat_map(|name| [option, name.as_ref()]).collect()
}
