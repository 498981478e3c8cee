//! Where things are, as cargo tells it: nothing here assumes a directory or knows a plugin by name.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// The workspace as `cargo metadata` describes it.
pub(crate) struct Workspace {
    /// The directory of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target directory; follows `CARGO_TARGET_DIR`.
    pub(crate) target: PathBuf,
    /// Every package that builds a program, by package name.
    pub(crate) programs: Vec<String>,
    /// Every package below `plugins/` that builds a `cdylib`, by package name.
    pub(crate) plugins: Vec<String>,
    /// The same below `tests/guests/`: components that only tests load.
    pub(crate) guests: Vec<String>,
    /// Every package, as cargo describes it.
    pub(crate) packages: Vec<Value>,
}

impl Workspace {
    /// Asks cargo. Fails where cargo cannot be run or does not understand the workspace.
    pub(crate) fn load() -> Result<Self> {
        let output = cargo()
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("cargo could not be run")?;
        ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        let mut metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
        let root = path(&metadata["workspace_root"])?;
        let programs = names(&metadata, "bin", &root);
        let plugins = names(&metadata, "cdylib", &root.join("plugins"));
        let guests = names(&metadata, "cdylib", &root.join("tests/guests"));
        let target = path(&metadata["target_directory"])?;
        let Value::Array(packages) = metadata["packages"].take() else {
            bail!("cargo metadata names no package")
        };
        Ok(Self { root, target, programs, plugins, guests, packages })
    }

    /// Where the built components are: `NAME.wasm`.
    pub(crate) fn plugin_directory(&self) -> PathBuf {
        self.target.join("plugins")
    }

    /// Where the components are that only tests load: apart, so that no host finds them by chance.
    pub(crate) fn guest_directory(&self) -> PathBuf {
        self.target.join("test-plugins")
    }

    /// A binary of the workspace, as the dev profile builds it.
    pub(crate) fn binary(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    /// A binary of the workspace, as the release profile builds it: what a deployment runs.
    pub(crate) fn release_binary(&self, name: &str) -> PathBuf {
        self.target.join("release").join(name)
    }
}

/// The cargo that runs this program, or the first one in `PATH`.
pub(crate) fn cargo() -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program that is not to take this one's package for its own.
///
/// What `cargo run` told this program about its package is taken away again: some build scripts are run
/// anew when it changes, and everything behind them would be built twice, once by us and once by hand.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_of_a_package) {
            command.env_remove(name);
        }
    }
    command
}

fn is_of_a_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
}

fn path(value: &Value) -> Result<PathBuf> {
    Ok(value.as_str().context("cargo metadata names no directory")?.into())
}

/// The packages below the directory that build something of this kind.
fn names(metadata: &Value, kind: &str, directory: &Path) -> Vec<String> {
    let below = |package: &Value| {
        package["manifest_path"].as_str().is_some_and(|p| Path::new(p).starts_with(directory))
    };
    let builds = |target: &Value| items(&target["kind"]).any(|one| one == kind);
    let mut names: Vec<String> = items(&metadata["packages"])
        .filter(|package| below(package) && items(&package["targets"]).any(builds))
        .filter_map(|package| package["name"].as_str().map(Into::into))
        .collect();
    names.sort();
    names
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
