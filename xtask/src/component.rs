//! From a core module to a component, on disk.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wit_component::ComponentEncoder;

/// Writes `module` as a component to `component`; whether its bytes changed.
///
/// A host that watches the directory sees a whole file or none: the bytes go to a file of another name
/// first and take the name when they are complete. Equal bytes are not written, so nothing is loaded again.
pub(crate) fn write(module: &Path, component: &Path) -> Result<bool> {
    let bytes = encode(module).with_context(|| format!("{} is not a plugin", module.display()))?;
    if fs::read(component).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    let part = component.with_extension("part");
    fs::write(&part, bytes).with_context(|| format!("{} could not be written", part.display()))?;
    fs::rename(&part, component)
        .with_context(|| format!("{} could not be put in place", component.display()))?;
    Ok(true)
}

fn encode(module: &Path) -> Result<Vec<u8>> {
    ComponentEncoder::default().module(&fs::read(module)?)?.validate(true).encode()
}
