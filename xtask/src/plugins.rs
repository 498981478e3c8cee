//! Every plugin of the workspace as a component in `target/plugins`, and the tests' own in `target/test-plugins`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::toolchain::{TARGET, Toolchain};
use crate::workspace::Workspace;
use crate::{component, process, progress};

/// Builds the plugins; what did not change is left untouched.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    build_into(workspace, &[(&workspace.plugins, &workspace.plugin_directory())])
}

/// Builds the plugins and the components that only tests load.
pub(crate) fn build_with_guests(workspace: &Workspace) -> Result<()> {
    let plugins = (workspace.plugins.as_slice(), &*workspace.plugin_directory());
    build_into(workspace, &[plugins, (&workspace.guests, &workspace.guest_directory())])
}

/// Packages, and the directory where they become components.
type Set<'a> = (&'a [String], &'a Path);

fn build_into(workspace: &Workspace, sets: &[Set<'_>]) -> Result<()> {
    ensure!(!workspace.plugins.is_empty(), "no package below plugins/ builds a cdylib");
    let toolchain = Toolchain::find(workspace)?;
    process::step("building plugins", "seconds, the first time 2 minutes", || {
        // A directory of their own: their profile and compiler are others, and must not make cargo build the host anew.
        let target = workspace.target.join("wasm");
        let names = sets.iter().flat_map(|(names, _)| *names);
        let packages: Vec<&str> = names.flat_map(|name| ["--package", name]).collect();
        let mut cargo = toolchain.build();
        cargo.env("CARGO_TARGET_DIR", &target).args(&packages);
        progress::build(workspace, &mut cargo, &[&["--target", TARGET], &*packages].concat())?;
        let modules = target.join(TARGET).join("plugin");
        sets.iter().try_for_each(|(names, directory)| encode(names, &modules, directory))
    })
}

fn encode(names: &[String], modules: &Path, directory: &Path) -> Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("{} could not be made", directory.display()))?;
    for name in names {
        let module = modules.join(name.replace('-', "_")).with_extension("wasm");
        let file = directory.join(name).with_extension("wasm");
        let changed = component::write(&module, &file)?;
        process::say(&format!("    {} {}", file.display(), if changed { "written" } else { "unchanged" }));
    }
    Ok(())
}
