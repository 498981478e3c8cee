//! What is measured: a host as a deployment runs it, and a simulated cloud, each in a process of its own, and who
//! asks them. How one measures is in the binaries.

pub mod cloud;
pub mod host;
pub mod process;
pub mod scene;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// A binary that was built together with the one that runs.
///
/// # Errors
/// If it is not there.
pub fn beside(name: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    ensure!(path.is_file(), "{} is missing: this is to be started by `cargo xtask`", path.display());
    Ok(path)
}

/// The built plugins: `PATCHBAY_PLUGINS`.
///
/// # Errors
/// If it is not set.
pub fn plugins() -> Result<PathBuf> {
    let directory = std::env::var_os("PATCHBAY_PLUGINS").context("PATCHBAY_PLUGINS is not set")?;
    Ok(Path::new(&directory).to_owned())
}
