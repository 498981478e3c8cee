//! `cargo xtask walls`: no import runs up. Cargo refuses that between crates; here it is seen that no two files of a crate
//! need each other, and that the drawing of the crates in docs/architecture.md is the one of today.

mod crates;
mod files;
mod graph;
mod imports;

use anyhow::{Result, bail, ensure};

use crate::process;
use crate::workspace::Workspace;

/// Folders of crates whose files are looked at. The simulator's are not: all of its services share one state.
const FOLDERS: [&str; 3] = ["host", "plugins", "xtask"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write the drawing anew.
    #[arg(long)]
    draw: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let packages = crates::packages(workspace)?;
    crates::drawing(&workspace.root, &packages, arguments.draw)?;
    let mut circles = 0;
    for package in packages.iter().filter(|package| is_looked_at(workspace, package)) {
        for circle in files::circles(&package.directory.join("src"))? {
            process::complain(&format!("{}: these files need each other:\n{circle}", package.name));
            circles += 1;
        }
    }
    if circles > 0 {
        bail!("{circles} circles of files: what two need of each other belongs into a third, below both");
    }
    process::say(&format!("no circle in {} crates", packages.len()));
    Ok(())
}

fn is_looked_at(workspace: &Workspace, package: &crates::Package) -> bool {
    FOLDERS.iter().any(|folder| package.directory.starts_with(workspace.root.join(folder)))
}

/// Fails with how to mend it.
fn same(drawn: &str, now: &str) -> Result<()> {
    ensure!(drawn == now, "docs/architecture.md draws other crates than there are: cargo xtask walls --draw");
    Ok(())
}
