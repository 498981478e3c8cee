//! `cargo xtask test`: everything that needs no outside system. It starts nothing itself; the tests
//! start PostgreSQL from its binaries.
//!
//! Each test binary is run, whatever became of those before it: a failure tells the more, the more is known
//! beside it. Doc tests are not run: none is ours.

mod arguments;
mod binary;
mod report;
mod run;

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use anyhow::Result;

pub(crate) use self::arguments::Arguments;
use self::run::Run;
use crate::workspace::Workspace;
use crate::{binaries, plugins, process};

/// Where Debian puts `initdb`, a directory for each version.
const POSTGRESQL: &str = "/usr/lib/postgresql";

/// How many tests of a binary run at once.
const THREADS: &str = "RUST_TEST_THREADS";
/// They wait for states most of the time.
const THREADS_PER_CORE: usize = 2;

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    plugins::build_with_guests(workspace)?;
    // Some tests run the host as a process, and cargo builds a binary for the tests of its own package only.
    binaries::build(workspace)?;
    if !has_postgresql() {
        process::say(
            "PostgreSQL's initdb is nowhere: its tests will fail. On Debian: apt-get install postgresql",
        );
    }
    let binaries = process::step("building tests", "seconds, the first time 10 minutes", || {
        binary::build(workspace, &arguments.for_cargo())
    })?;
    let runs = process::step("tests", "6 minutes", || {
        run_each(workspace, &binaries, |command| {
            let threads = env::var_os(THREADS).unwrap_or_else(|| threads().to_string().into());
            command.args(arguments.for_tests()).env(THREADS, threads);
        })
    })?;
    report::print(&runs)
}

/// Runs the integration tests of all packages on outside systems, which `variables` name.
pub(crate) fn run_outside(
    workspace: &Workspace,
    arguments: &Arguments,
    variables: &[(String, String)],
) -> Result<()> {
    // See `binaries` for why of all.
    let of_all = [&["--workspace", "--test", "*"], arguments.own().as_slice()].concat();
    let binaries = binary::build(workspace, &of_all)?;
    let ignored = workspace.target.join("ignored-tests");
    drop(fs::remove_file(&ignored));
    let mut runs = run_each(workspace, &binaries, |command| {
        command.args(arguments.for_tests()).env("PATCHBAY_TEST_REAL", "1");
        command.env("PATCHBAY_TEST_IGNORED", &ignored).envs(variables.iter().cloned());
    })?;
    if arguments.own().is_empty() {
        // Unit tests that need an outside system are ignored where there is none.
        let libraries = binary::build(workspace, &["--workspace", "--lib"])?;
        runs.extend(run_each(workspace, &libraries, |command| {
            command.arg("--ignored").envs(variables.iter().cloned());
        })?);
    }
    let ignored = fs::read_to_string(&ignored).unwrap_or_default();
    runs.iter_mut().for_each(|run| run.ignore(&ignored));
    report::print(&runs)
}

/// One after the other: they share the cores, and what is measured beside another binary says little.
fn run_each(
    workspace: &Workspace,
    binaries: &[binary::Binary],
    prepare: impl Fn(&mut Command),
) -> Result<Vec<Run>> {
    let one = |binary: &binary::Binary| {
        let mut command = binary.command();
        command
            .env("PATCHBAY_PLUGINS", workspace.plugin_directory())
            .env("PATCHBAY_TEST_PLUGINS", workspace.guest_directory());
        prepare(&mut command);
        run::run(binary, &mut command)
    };
    binaries.iter().map(one).collect()
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from) * THREADS_PER_CORE
}

fn has_postgresql() -> bool {
    let holds = |directory: &Path| directory.join("initdb").is_file();
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir(POSTGRESQL).into_iter().flatten().flatten();
    env::split_paths(OsStr::new(&path)).any(|directory| holds(&directory))
        || versions.into_iter().any(|version| holds(&version.path().join("bin")))
}
