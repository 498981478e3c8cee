//! What cargo tells about each thing that it has built.

use std::io::{self, BufRead, BufReader, IsTerminal};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// Runs a command of cargo's that builds; `each` sees what is built, or was built before, as soon as it is there.
/// What people are to see of it they see, on standard error.
pub(crate) fn build(cargo: &mut Command, mut each: impl FnMut(&Value)) -> Result<()> {
    let (output, input) = io::pipe()?;
    if !io::stderr().is_terminal() {
        // Through here as well, so that what `each` says does not come into the middle of a line. On a terminal
        // cargo has to see that it is one, for its bar.
        cargo.stderr(input.try_clone()?);
    }
    cargo.arg("--message-format=json-render-diagnostics").stdout(input);
    let mut child = cargo.spawn().context("cargo could not be run")?;
    // Held open here, the pipe would never end.
    cargo.stdout(Stdio::null()).stderr(Stdio::null());
    for line in BufReader::new(output).lines() {
        let line = line?;
        match serde_json::from_str::<Value>(&line) {
            Ok(message) if message["reason"] == "compiler-artifact" => each(&message),
            Ok(message) if message.is_object() => {}
            _ => process::complain(&line),
        }
    }
    process::check(cargo, child.wait()?)
}
