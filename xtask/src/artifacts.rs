//! What cargo tells about each thing that it has built.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// Runs a command of cargo's that builds; `each` sees what is built, or was built before, as soon as it is there.
/// What people are to see of it they see.
pub(crate) fn build(cargo: &mut Command, mut each: impl FnMut(&Value)) -> Result<()> {
    cargo.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
    let mut child = cargo.spawn().context("cargo could not be run")?;
    for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
        let message: Value = serde_json::from_str(&line?).context("a message of cargo's")?;
        if message["reason"] == "compiler-artifact" {
            each(&message);
        }
    }
    process::check(cargo, child.wait()?)
}
