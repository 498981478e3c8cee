//! The test binaries, as cargo builds and names them.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use serde_json::Value;

use crate::artifacts;
use crate::workspace::{Workspace, cargo, command};

/// In the order in which they are run, which is cargo's: by package, then by kind.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Binary {
    /// The package's directory.
    package: PathBuf,
    kind: Kind,
    name: String,
    executable: PathBuf,
}

/// What its tests stand beside.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Library,
    Program,
    /// Nothing: they are all there is in it.
    Tests,
}

/// Builds them. Fails where something does not compile.
pub(super) fn build(workspace: &Workspace, arguments: &[&str]) -> Result<Vec<Binary>> {
    let mut binaries = Vec::new();
    let mut cargo = cargo();
    cargo.args(["test", "--no-run"]).args(arguments).current_dir(&workspace.root);
    artifacts::build(&mut cargo, |artifact| binaries.extend(Binary::of(artifact)))?;
    binaries.sort();
    Ok(binaries)
}

impl Binary {
    fn of(artifact: &Value) -> Option<Self> {
        // Programs that tests run are built as well.
        let executable = artifact["executable"].as_str().filter(|_| artifact["profile"]["test"] == true)?;
        let target = &artifact["target"];
        let kind = match target["kind"][0].as_str()? {
            "bin" => Kind::Program,
            "test" => Kind::Tests,
            _ => Kind::Library,
        };
        let mut package = PathBuf::from(artifact["manifest_path"].as_str()?);
        package.pop();
        Some(Self { package, kind, name: target["name"].as_str()?.into(), executable: executable.into() })
    }

    /// What stands before the names of its tests. A package's library and its program are often called the same.
    pub(super) fn name(&self) -> String {
        match self.kind {
            Kind::Program => format!("bin/{}", self.name),
            Kind::Library | Kind::Tests => self.name.clone(),
        }
    }

    /// Runs it where cargo does. Of the variables that cargo sets, those are left out that tests know from `env!`.
    pub(super) fn command(&self) -> Command {
        let mut command = command(&self.executable);
        command.current_dir(&self.package).env("CARGO_MANIFEST_DIR", &self.package);
        command
    }
}
