//! Running one command to its end, and saying what takes long. Long-lived children are in `service`.
#![expect(clippy::print_stdout, reason = "these commands talk to the person who runs them")]

use std::process::{Command, ExitStatus};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// Runs the command with its output shown. Fails where it cannot be started or ends with another status than 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{program} could not be run"))?;
    check(command, status)
}

/// Fails where the command ended with another status than 0.
pub(crate) fn check(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
    bail!("`{} {}` failed ({status})", command.get_program().display(), arguments.join(" "));
}

/// Runs the command unseen; its standard output, or nothing where it failed.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Names a step and how long it usually takes, does it, and says how long it took.
pub(crate) fn step<T>(name: &str, usually: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {name} (usually {usually})");
    let begun = Instant::now();
    let done = work().with_context(|| format!("failed: {name}"))?;
    println!("==> {name}: {:.1} s", begun.elapsed().as_secs_f32());
    Ok(done)
}

/// One line for the person in front of the terminal.
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// One line on standard error.
pub(crate) fn complain(line: &str) {
    eprintln!("{line}");
}
