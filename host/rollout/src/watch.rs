//! When to look at the plugin directory and the configuration file: after each burst of changes has settled, and now and
//! then in case the directory itself was replaced. What is done with a file is in `look`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Plugins;
use super::reload::Reload;
use super::reload::Source;

/// Changes that may wait to be looked at; one is enough to look at everything.
const PENDING_MAX: usize = 1;

/// How many times as long as a file must rest a directory may go without any rest.
const UNREST_MAX: u32 = 50;

/// How often to look without a sign: a directory that was deleted and made again sends none.
const RESCAN: Duration = Duration::from_secs(5);

/// Looks until `stop`.
pub(super) async fn run(plugins: &Plugins, source: Option<Source>, stop: CancellationToken) {
    let config = &plugins.registry.runtime.config;
    let settle = Duration::from_millis(config.settle_ms);
    let places = Places {
        directory: config.directory.clone(),
        file: source.as_ref().and_then(|source| source.file.clone()),
    };
    let mut reload = source.map(Reload::new);
    let (sign, mut signs) = mpsc::channel(PENDING_MAX);
    let mut watcher = places.watch(sign.clone());
    loop {
        let changed = tokio::select! {
            () = stop.cancelled() => return,
            change = signs.recv() => change.is_some(),
            () = tokio::time::sleep(RESCAN) => false,
        };
        if changed {
            settled(&mut signs, settle).await;
        } else {
            watcher = places.watch(sign.clone()).or(watcher);
        }
        if let Some(reload) = &mut reload {
            reload.look(plugins).await;
        }
        plugins.look().await;
    }
}

/// Waits until nothing has changed for so long; a directory that never rests is looked at all the same.
async fn settled(signs: &mut mpsc::Receiver<()>, settle: Duration) {
    let rest = async { while let Ok(Some(())) = tokio::time::timeout(settle, signs.recv()).await {} };
    let _ = tokio::time::timeout(settle * UNREST_MAX, rest).await;
}

/// What is watched.
#[derive(Clone)]
struct Places {
    directory: PathBuf,
    /// The configuration file.
    file: Option<PathBuf>,
}

impl Places {
    /// Signs of change; `None` while the directory cannot be watched.
    fn watch(&self, sign: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
        let places = self.clone();
        let told = move |event: notify::Result<notify::Event>| {
            // An error says that there was too much to tell.
            if event.map_or(true, |event| places.concern(&event)) {
                // A full queue means that somebody will look anyway.
                let _ = sign.try_send(());
            }
        };
        let watched = notify::recommended_watcher(told).and_then(|mut watcher| {
            watcher.watch(&self.directory, RecursiveMode::NonRecursive)?;
            if let Some(parent) = self.file.as_deref().and_then(Path::parent) {
                // A file that is replaced is another one; what stays is its directory.
                let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
                watcher.watch(parent, RecursiveMode::NonRecursive)?;
            }
            Ok(watcher)
        });
        watched.inspect_err(|error| tracing::warn!(%error, "the plugin directory is not watched")).ok()
    }

    /// Beside the configuration file may be others that change all the time, as a database.
    fn concern(&self, event: &notify::Event) -> bool {
        let name = self.file.as_deref().and_then(Path::file_name);
        let own =
            |path: &PathBuf| path.starts_with(&self.directory) || name.is_some() && path.file_name() == name;
        event.need_rescan() || !event.kind.is_access() && event.paths.iter().any(own)
    }
}
