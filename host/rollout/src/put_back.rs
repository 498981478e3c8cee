//! The plugin directory after a switch back: the file of what answers now is the one that the next start begins with.

use patchbay_runtime::Generation;

use super::file::File;
use super::plugin_source::LastObserved;
use super::registry::Registry;

/// Makes a generation's file the one in the plugin directory, which the next start of the host begins with.
pub(super) async fn put_back(registry: &Registry, generation: &Generation) {
    let sources = registry.setup.load().of(&generation.plugin);
    let mut seen = Vec::new();
    for source in &sources {
        seen.push(source.lock().await);
    }
    let directory = &registry.runtime.config.directory;
    let path = File::path(directory, &generation.plugin);
    let now = File::read(path, registry.runtime.config.file_bytes_max).await;
    if now.is_ok_and(|file| file.digest == generation.digest) {
        return;
    }
    let landed = generation.file.bytes().and_then(|bytes| File::land(directory, &generation.plugin, &bytes));
    match landed {
        Ok(()) => {
            let observed = || LastObserved::of(generation.number, &generation.digest);
            seen.iter_mut().for_each(|seen| **seen = observed());
        }
        Err(error) => tracing::error!(
            plugin = %generation.label, %error,
            "its file cannot be put back: the next start begins with the one that is there"
        ),
    }
}
