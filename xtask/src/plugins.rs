//! `cargo xtask plugins`: every plugin of the workspace as a component in `target/plugins`.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::toolchain::{TARGET, Toolchain};
use crate::workspace::Workspace;
use crate::{component, process};

/// Builds them all; what did not change is left untouched.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    ensure!(!workspace.plugins.is_empty(), "no package below plugins/ builds a cdylib");
    let toolchain = Toolchain::find(workspace)?;
    process::step("building plugins", "seconds, the first time 2 minutes", || {
        // A directory of their own: their profile and compiler are others, and must not make cargo build the host anew.
        let target = workspace.target.join("wasm");
        let mut cargo = toolchain.build();
        cargo.env("CARGO_TARGET_DIR", &target).current_dir(&workspace.root);
        for name in &workspace.plugins {
            cargo.args(["--package", name]);
        }
        process::run(&mut cargo)?;

        let directory = workspace.plugin_directory();
        fs::create_dir_all(&directory)
            .with_context(|| format!("{} could not be made", directory.display()))?;
        for name in &workspace.plugins {
            let module =
                target.join(TARGET).join("plugin").join(name.replace('-', "_")).with_extension("wasm");
            let file = directory.join(name).with_extension("wasm");
            let changed = component::write(&module, &file)?;
            process::say(&format!(
                "    {} {}",
                file.display(),
                if changed { "written" } else { "unchanged" }
            ));
        }
        Ok(())
    })
}
