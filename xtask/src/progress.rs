//! How far a build is. On a terminal cargo draws that itself; elsewhere it only names what it begins with.

use std::collections::HashSet;
use std::io::{self, IsTerminal};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Value;

use crate::workspace::{Workspace, cargo};
use crate::{artifacts, process};

/// How often it is said.
const EVERY: Duration = Duration::from_secs(10);

/// Runs a `cargo build`. `selection` is for `cargo tree` what the build is told to build.
pub(crate) fn build(workspace: &Workspace, build: &mut Command, selection: &[&str]) -> Result<()> {
    let mut awaited = if io::stderr().is_terminal() { HashSet::new() } else { crates(workspace, selection) };
    let (all, begun) = (awaited.len(), Instant::now());
    let mut said = begun;
    artifacts::build(build.current_dir(&workspace.root), |artifact| {
        // What is compiled to prepare a crate is not yet the crate.
        if artifact["target"]["kind"][0] != "custom-build" {
            awaited.remove(&name(artifact));
        }
        if all > 0 && said.elapsed() >= EVERY {
            let seconds = begun.elapsed().as_secs();
            process::complain(&format!(
                "{:>12} {} of {all} crates in {seconds} s",
                "Built",
                all - awaited.len()
            ));
            said = Instant::now();
        }
    })
}

/// All that has to be there for it, `NAME@VERSION`. None where cargo does not tell: then nothing is said.
fn crates(workspace: &Workspace, selection: &[&str]) -> HashSet<String> {
    let mut tree = cargo();
    tree.args(["tree", "--edges", "no-dev", "--prefix", "none", "--format", "{p}"]).args(selection);
    let lines = process::output(tree.current_dir(&workspace.root)).unwrap_or_default();
    let words = lines.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    words.filter_map(|words| Some(format!("{}@{}", words[0], words.get(1)?.strip_prefix('v')?))).collect()
}

/// The same of one that is there. Cargo leaves the name out where it is the directory's.
fn name(artifact: &Value) -> String {
    let (place, name) =
        artifact["package_id"].as_str().and_then(|id| id.rsplit_once('#')).unwrap_or_default();
    if name.contains('@') {
        return name.to_owned();
    }
    format!("{}@{name}", place.rsplit('/').next().unwrap_or_default())
}
