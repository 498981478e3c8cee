//! When to look at the plugin directory, the configuration file and files of others: after each burst of changes has settled, and now and
//! then in case the directory itself was replaced. What is done with a file is in `look`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Plugins;
use super::event::{About, EventKind};
use super::reload::Reload;
use super::reload::Source;

/// Changes that may wait to be looked at; one is enough to look at everything.
const PENDING_MAX: usize = 1;

/// How many times as long as a file must rest a directory may go without any rest.
const UNREST_MAX: u32 = 50;

/// How often to look without a sign: a directory that was deleted and made again sends none.
const RESCAN: Duration = Duration::from_secs(5);

/// Files of somebody else's that are watched along with the host's own.
pub trait Watched: Send + Sync {
    /// Which they are; always the same.
    fn files(&self) -> Vec<PathBuf>;
    /// Looks at them, however often they have changed; what is to be told of it as an event.
    fn look(&self) -> Option<(EventKind, String)>;
}

/// Looks until `stop`.
pub(super) async fn run(
    plugins: &Plugins,
    source: Option<Source>,
    others: &[Arc<dyn Watched>],
    stop: CancellationToken,
) {
    let config = &plugins.registry.runtime.config;
    let settle = Duration::from_millis(config.settle_ms);
    let file = source.as_ref().and_then(|source| source.file.clone());
    let files = file.into_iter().chain(others.iter().flat_map(|other| other.files())).collect();
    let places = Places { directory: config.directory.clone(), files };
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
        for other in others {
            look_at(plugins, Arc::clone(other)).await;
        }
        if let Some(reload) = &mut reload {
            reload.look(plugins).await;
        }
        plugins.look().await;
    }
}

async fn look_at(plugins: &Plugins, other: Arc<dyn Watched>) {
    // It reads files.
    let looked = tokio::task::spawn_blocking(move || other.look()).await;
    if let Ok(Some((kind, told))) = looked {
        plugins.registry.events.tell(kind, About::default(), told);
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
    /// The configuration file, and those of others.
    files: BTreeSet<PathBuf>,
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
            for parent in self.parents() {
                watcher.watch(parent, RecursiveMode::NonRecursive)?;
            }
            Ok(watcher)
        });
        watched.inspect_err(|error| tracing::warn!(%error, "the plugin directory is not watched")).ok()
    }

    /// A file that is replaced is another one; what stays is its directory.
    fn parents(&self) -> BTreeSet<&Path> {
        let parents = self.files.iter().filter_map(|file| file.parent());
        parents.map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent }).collect()
    }

    /// Beside these files may be others that change all the time, as a database.
    fn concern(&self, event: &notify::Event) -> bool {
        let own = |path: &PathBuf| {
            let named = || self.files.iter().any(|file| file.file_name() == path.file_name());
            path.starts_with(&self.directory) || named()
        };
        event.need_rescan() || !event.kind.is_access() && event.paths.iter().any(own)
    }
}
