//! One test binary run to its end. Its output is passed on as it comes, and read on the way.

use std::io::{self, BufRead, BufReader, Write};
use std::panic::resume_unwind;
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::binary::Binary;
use crate::process;

/// With what libtest ends where a test failed.
const FAILED: i32 = 101;
/// What no test prints.
const END: &str = "\0";

/// How it went.
pub(super) struct Run {
    pub(super) binary: String,
    pub(super) status: ExitStatus,
    pub(super) time: Duration,
    /// As they ended.
    pub(super) tests: Vec<Test>,
}

pub(super) struct Test {
    pub(super) name: String,
    pub(super) verdict: Verdict,
    pub(super) time: Duration,
}

#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    Passed,
    Failed,
    /// With the reason, where there is one.
    Ignored(String),
}

impl Run {
    /// Tests that libtest has as passed, but which told that they were not carried out: `BINARY::TEST: REASON` a line.
    pub(super) fn ignore(&mut self, told: &str) {
        for test in self.tests.iter_mut().filter(|test| test.verdict == Verdict::Passed) {
            let name = format!("{}::{}: ", self.binary, test.name);
            if let Some(reason) = told.lines().find_map(|line| line.strip_prefix(&name)) {
                test.verdict = Verdict::Ignored(reason.to_owned());
            }
        }
    }

    /// Whether it ended in another way than libtest ends it, or failed where no test did.
    pub(super) fn crashed(&self) -> bool {
        let failed = self.tests.iter().any(|test| test.verdict == Verdict::Failed);
        !self.status.success() && (self.status.code() != Some(FAILED) || !failed)
    }
}

/// Fails where it cannot be run. That tests fail is no failure here.
pub(super) fn run(binary: &Binary, command: &mut Command) -> Result<Run> {
    process::say(&format!("\n==> {}", binary.name()));
    // Only a nightly binary tells how long each test took, or one that is told, when it runs, to think it were one.
    command.args(["-Zunstable-options", "--report-time"]).env("RUSTC_BOOTSTRAP", "1");
    let (begun, mut tests) = (Instant::now(), Vec::new());
    let status = pass_on(command, |line| tests.extend(Test::read(line)));
    let status = status.with_context(|| format!("{} could not be run", binary.name()))?;
    Ok(Run { binary: binary.name(), status, time: begun.elapsed(), tests })
}

/// Shows what the command prints until it ends: not until nobody can print any more, for a failed test may leave
/// a process behind, which has the same standard output.
fn pass_on(command: &mut Command, mut each: impl FnMut(&str)) -> Result<ExitStatus> {
    let (output, mut input) = io::pipe()?;
    let mut child = command.stdout(input.try_clone()?).spawn()?;
    let ended = thread::spawn(move || {
        let status = child.wait();
        writeln!(input, "{END}").and(status)
    });
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        let (line, last) = line.strip_suffix(END).map_or((line.as_str(), false), |line| (line, true));
        if !line.is_empty() || !last {
            process::say(line);
            each(line);
        }
        if last {
            break;
        }
    }
    Ok(ended.join().unwrap_or_else(|panic| resume_unwind(panic))?)
}

impl Test {
    /// From a line of libtest's: `test NAME ... VERDICT <0.123s>`.
    fn read(line: &str) -> Option<Self> {
        let (name, end) = line.strip_prefix("test ")?.split_once(" ... ")?;
        let timed = end.strip_suffix("s>").and_then(|end| end.rsplit_once(" <"));
        let (verdict, seconds) = timed.unwrap_or((end, "0"));
        let verdict = match verdict {
            "ok" => Verdict::Passed,
            "FAILED" => Verdict::Failed,
            "ignored" => Verdict::Ignored(String::new()),
            _ => Verdict::Ignored(verdict.strip_prefix("ignored, ")?.to_owned()),
        };
        Some(Self {
            name: name.to_owned(),
            verdict,
            time: Duration::try_from_secs_f32(seconds.parse().ok()?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_tests_are_told_from_others() {
        for (line, name, verdict, ms) in [
            ("test a::b ... ok <1.250s>", "a::b", Verdict::Passed, 1250),
            ("test a - should panic ... ok <0.000s>", "a - should panic", Verdict::Passed, 0),
            ("test a ... FAILED <0.500s>", "a", Verdict::Failed, 500),
            ("test a ... ignored", "a", Verdict::Ignored(String::new()), 0),
            ("test a ... ignored, needs b, c", "a", Verdict::Ignored("needs b, c".into()), 0),
        ] {
            let test = Test::read(line).unwrap();
            assert_eq!(
                (test.name.as_str(), test.verdict, test.time.as_millis()),
                (name, verdict, ms),
                "{line}"
            );
        }
        for line in
            ["running 2 tests", "test result: ok. 2 passed; 0 failed", "test a has been running for", ""]
        {
            assert!(Test::read(line).is_none(), "{line}");
        }
    }

    #[test]
    fn a_process_left_behind_is_not_waited_for() {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        let begun = Instant::now();
        let status = pass_on(command.args(["-c", "sleep 5 & echo one; printf two; exit 3"]), |l| {
            lines.push(l.to_owned());
        });
        assert_eq!(status.unwrap().code(), Some(3));
        assert_eq!(lines, ["one", "two"]);
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}
