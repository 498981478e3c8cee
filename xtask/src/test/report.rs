//! What is said of all test binaries together, at the end.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::run::{Run, Test, Verdict};
use crate::process;

/// How many of the slowest tests are named.
const SLOWEST: usize = 10;
/// How many that are ignored for the same reason are.
const NAMED: usize = 5;

/// Says it. Fails where a test failed.
pub(super) fn print(runs: &[Run]) -> Result<()> {
    list("test binaries", &binaries(runs));
    list("slowest tests", &slowest(runs));
    let ignored = ignored(runs);
    list("ignored", &by_reason(&ignored));
    let failed = failed(runs);
    list("failed", &failed);
    let passed = tests(runs).filter(|(_, test)| test.verdict == Verdict::Passed).count();
    process::say(&format!("\n{passed} passed, {} failed, {} ignored", failed.len(), ignored.len()));
    ensure!(failed.is_empty(), "tests failed; their output is above, at `failures:`");
    Ok(())
}

fn list(title: &str, lines: &[String]) {
    if !lines.is_empty() {
        process::say(&format!("\n==> {title}\n    {}", lines.join("\n    ")));
    }
}

/// Those with tests, the slowest first; and how many of its tests were at it on average, for one that comes to its
/// end alone holds all others up.
fn binaries(runs: &[Run]) -> Vec<String> {
    let mut runs: Vec<&Run> = runs.iter().filter(|run| !run.tests.is_empty()).collect();
    runs.sort_by_key(|run| Reverse(run.time));
    runs.into_iter().map(line).collect()
}

fn line(run: &Run) -> String {
    let seconds = run.time.as_secs_f32();
    let at_once = run.tests.iter().map(|test| test.time).sum::<Duration>().as_secs_f32() / seconds;
    format!("{seconds:7.1} s {:5} tests {at_once:5.1} at once   {}", run.tests.len(), run.binary)
}

fn slowest(runs: &[Run]) -> Vec<String> {
    let mut tests: Vec<_> = tests(runs).collect();
    tests.sort_by_key(|(_, test)| Reverse(test.time));
    let line = |(name, test): (String, &Test)| format!("{:7.2} s   {name}", test.time.as_secs_f32());
    tests.into_iter().take(SLOWEST).map(line).collect()
}

/// Each with its reason.
fn ignored(runs: &[Run]) -> Vec<(String, String)> {
    let one = |(name, test): (String, &Test)| match &test.verdict {
        Verdict::Ignored(reason) if reason.is_empty() => Some((name, "without a reason".to_owned())),
        Verdict::Ignored(reason) => Some((name, reason.clone())),
        Verdict::Passed | Verdict::Failed => None,
    };
    tests(runs).filter_map(one).collect()
}

/// By name, but for a reason that many have.
fn by_reason(ignored: &[(String, String)]) -> Vec<String> {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, reason) in ignored {
        reasons.entry(reason).or_default().push(name);
    }
    let line = |(reason, names): (&str, Vec<&str>)| match names.len() {
        1..=NAMED => format!("{}: {reason}", names.join(", ")),
        many => format!("{many} tests: {reason}"),
    };
    reasons.into_iter().map(line).collect()
}

/// The tests, and the binaries that failed by themselves.
fn failed(runs: &[Run]) -> Vec<String> {
    let failed = tests(runs).filter(|(_, test)| test.verdict == Verdict::Failed).map(|(name, _)| name);
    let crashed =
        runs.iter().filter(|run| run.crashed()).map(|run| format!("{}: {}", run.binary, run.status));
    failed.chain(crashed).collect()
}

/// Each with its whole name.
fn tests(runs: &[Run]) -> impl Iterator<Item = (String, &Test)> {
    runs.iter().flat_map(|run| run.tests.iter().map(|test| (format!("{}::{}", run.binary, test.name), test)))
}
