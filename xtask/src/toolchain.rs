//! A compiler for plugins: the installed one where it has (or gets) the wasm target, else Debian's.
//!
//! Debian's `rustc-web` brings the library source, from which cargo builds `std` itself. That takes
//! cargo's `-Zbuild-std`, hence `RUSTC_BOOTSTRAP`, for plugins only: the host never sees it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::{Workspace, cargo};

/// What plugins are compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Something that compiles for [`TARGET`].
pub(crate) enum Toolchain {
    /// The installed compiler.
    Installed,
    /// Another compiler, without a built `std`.
    Unpacked {
        /// Its `rustc`.
        rustc: PathBuf,
        /// The installed toolchain's `rust-lld`.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// Finds one or makes one. Fails with what to do where neither is possible.
    pub(crate) fn find(workspace: &Workspace) -> Result<Self> {
        if has_target() {
            return Ok(Self::Installed);
        }
        let directory = workspace.target.join("wasm-toolchain");
        if !directory.join("rustc").exists() {
            if add_target() {
                return Ok(Self::Installed);
            }
            unpack(workspace, &directory)?;
        }
        Ok(Self::Unpacked { rustc: directory.join("rustc"), linker: linker()? })
    }

    /// `cargo build` for plugins with this compiler.
    pub(crate) fn build(&self) -> Command {
        let mut command = cargo();
        command.args(["build", "--profile", "plugin", "--target", TARGET]);
        if let Self::Unpacked { rustc, linker } = self {
            command
                .arg("-Zbuild-std=std,panic_abort")
                .env("RUSTC", rustc)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        command
    }
}

fn has_target() -> bool {
    let library = rustc(&["--print", "target-libdir", "--target", TARGET]);
    library.is_some_and(|directory| Path::new(&directory).is_dir())
}

fn add_target() -> bool {
    process::output(Command::new("rustup").args(["target", "add", TARGET])).is_some() && has_target()
}

fn unpack(workspace: &Workspace, directory: &Path) -> Result<()> {
    let script = workspace.root.join("xtask/wasm-toolchain");
    let made = process::step("a wasm compiler from Debian's packages", "half a minute, 140 MB", || {
        process::run(Command::new(script).arg(directory))
    });
    made.with_context(|| {
        format!(
            "no compiler for {TARGET}: `rustup target add {TARGET}` did not work and Debian's rustc-web could not \
             be unpacked; make either of them work and try again"
        )
    })
}

/// The installed toolchain's own linker: Debian's package has none that writes wasm.
fn linker() -> Result<PathBuf> {
    let sysroot = rustc(&["--print", "sysroot"]).context("rustc could not be run")?;
    let host = rustc(&["--print", "host-tuple"]).context("rustc does not tell its host")?;
    let linker = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
    if !linker.exists() {
        bail!("{} is missing: the installed Rust has no rust-lld", linker.display());
    }
    Ok(linker)
}

fn rustc(arguments: &[&str]) -> Option<String> {
    process::output(Command::new("rustc").args(arguments))
}
