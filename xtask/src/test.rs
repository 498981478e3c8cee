//! `cargo xtask test`: everything that needs no outside system. It starts nothing itself; the tests
//! start PostgreSQL from its binaries.

use std::ffi::OsStr;
use std::path::Path;
use std::{env, fs};

use anyhow::Result;

use crate::workspace::{Workspace, cargo};
use crate::{binaries, plugins, process};

/// Where Debian puts `initdb`, a directory for each version.
const POSTGRESQL: &str = "/usr/lib/postgresql";

/// How many tests of a binary run at once.
const THREADS: &str = "RUST_TEST_THREADS";
/// They wait for states most of the time.
const THREADS_PER_CORE: usize = 2;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to `cargo test`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    cargo: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    plugins::build_with_guests(workspace)?;
    // Some tests run the host as a process, and cargo builds a binary for the tests of its own package only.
    binaries::build(workspace)?;
    if !has_postgresql() {
        process::say(
            "PostgreSQL's initdb is nowhere: its tests will fail. On Debian: apt-get install postgresql",
        );
    }
    process::step("tests", "6 minutes, the build up to 10 minutes more", || {
        process::run(
            cargo()
                .args(["test", "--workspace"])
                .args(&arguments.cargo)
                .env(THREADS, env::var_os(THREADS).unwrap_or_else(|| threads().to_string().into()))
                .env("PATCHBAY_PLUGINS", workspace.plugin_directory())
                .env("PATCHBAY_TEST_PLUGINS", workspace.guest_directory())
                .current_dir(&workspace.root),
        )
    })
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
