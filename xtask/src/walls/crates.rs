//! The crates of the host as cargo knows them, and their drawing in the docs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::workspace::Workspace;

/// The file, and the lines between which the drawing is.
const FILE: &str = "docs/architecture.md";
const MARKS: [&str; 2] = ["<!-- walls -->\n", "<!-- /walls -->"];
/// What the packages of the host are called besides their own word.
const PREFIX: &str = "patchbay-";

/// One package of the workspace.
pub(super) struct Package {
    pub(super) name: String,
    pub(super) directory: PathBuf,
    description: String,
    /// What it is built with, of the workspace.
    uses: Vec<String>,
}

/// Every package of the workspace.
pub(super) fn packages(workspace: &Workspace) -> Result<Vec<Package>> {
    workspace.packages.iter().map(package).collect()
}

fn package(package: &Value) -> Result<Package> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let manifest = PathBuf::from(text(&package["manifest_path"]));
    let directory = manifest.parent().context("a manifest without a directory")?.to_owned();
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    let own = dependencies.filter(|one| one["path"].is_string() && one["kind"].is_null());
    Ok(Package {
        name: text(&package["name"]),
        directory,
        description: text(&package["description"]),
        uses: own.map(|one| text(&one["name"])).collect(),
    })
}

/// Compares the drawing with what there is, or writes it anew.
pub(super) fn drawing(root: &Path, packages: &[Package], write: bool) -> Result<()> {
    let file = root.join(FILE);
    let text = fs::read_to_string(&file).with_context(|| FILE)?;
    let parts = text
        .split_once(MARKS[0])
        .and_then(|(before, rest)| rest.split_once(MARKS[1]).map(|(drawn, after)| (before, drawn, after)));
    let (before, drawn, after) = parts.with_context(|| format!("{FILE} has no place for the drawing"))?;
    let host = root.join("host");
    let now = draw(packages.iter().filter(|package| package.directory.starts_with(&host)));
    if write {
        return Ok(fs::write(&file, format!("{before}{}{now}{}{after}", MARKS[0], MARKS[1]))?);
    }
    super::same(drawn, &now)
}

/// From the top down, each with what it is for and what it uses.
fn draw<'a>(packages: impl Iterator<Item = &'a Package>) -> String {
    let packages: BTreeMap<&str, &Package> =
        packages.map(|package| (package.name.as_str(), package)).collect();
    let mut floors: Vec<_> = packages.keys().map(|name| (floor(&packages, name), *name)).collect();
    floors.sort_by_key(|(floor, name)| (std::cmp::Reverse(*floor), *name));
    let mut drawing = "\n| floor | crate | what for | uses |\n|--:|---|---|---|\n".to_owned();
    for (floor, name) in floors {
        let package = packages[name];
        let uses: Vec<_> = package.uses.iter().map(|name| short(name)).collect();
        let uses = if uses.is_empty() { "nothing of the host".to_owned() } else { uses.join(", ") };
        let description = package.description.trim_end_matches('.');
        // A text takes all that is written to it.
        let _ = writeln!(drawing, "| {floor} | `{}` | {description} | {uses} |", short(name));
    }
    drawing.push('\n');
    drawing
}

/// One above the highest that it uses. Cargo lets nothing use itself.
fn floor(packages: &BTreeMap<&str, &Package>, name: &str) -> usize {
    let uses = packages.get(name).into_iter().flat_map(|package| &package.uses);
    1 + uses.map(|name| floor(packages, name)).max().unwrap_or(0)
}

fn short(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}
