//! When to look at the plugin directory and the configuration file, and apart from them, for it must not wait for a compiler, at
//! files of others: after each burst of changes has settled, and now and then in case the directory itself was replaced. What
//! is done with a file is in `look`.

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
    let file = source.as_ref().and_then(|source| source.file.clone());
    let own = Places { directory: Some(config.directory.clone()), files: file.into_iter().collect() };
    let theirs = Places { directory: None, files: others.iter().flat_map(|other| other.files()).collect() };
    let settle = Duration::from_millis(config.settle_ms);
    let mut own = Watch::new(own, settle);
    let mut theirs = Watch::new(theirs, settle);
    let mut reload = source.map(Reload::new);
    let look = async {
        while own.changed(&stop).await {
            if let Some(reload) = &mut reload {
                reload.look(plugins).await;
            }
            plugins.look().await;
        }
    };
    let look_at_theirs = async {
        while !others.is_empty() && theirs.changed(&stop).await {
            for other in others {
                look_at(plugins, Arc::clone(other)).await;
            }
        }
    };
    tokio::join!(look, look_at_theirs);
}

async fn look_at(plugins: &Plugins, other: Arc<dyn Watched>) {
    // It reads files.
    let looked = tokio::task::spawn_blocking(move || other.look()).await;
    if let Ok(Some((kind, told))) = looked {
        plugins.registry.events.tell(kind, About::default(), told);
    }
}

/// Places, watched.
struct Watch {
    places: Places,
    settle: Duration,
    sign: mpsc::Sender<()>,
    signs: mpsc::Receiver<()>,
    watcher: Option<RecommendedWatcher>,
}

impl Watch {
    fn new(places: Places, settle: Duration) -> Self {
        let (sign, signs) = mpsc::channel(PENDING_MAX);
        let watcher = places.watch(sign.clone());
        Self { places, settle, sign, signs, watcher }
    }

    /// As soon as something has changed and settled, or it is time for another look; false at the end.
    async fn changed(&mut self, stop: &CancellationToken) -> bool {
        tokio::select! {
            () = stop.cancelled() => return false,
            _ = self.signs.recv() => settled(&mut self.signs, self.settle).await,
            () = tokio::time::sleep(RESCAN) => {
                self.watcher = self.places.watch(self.sign.clone()).or(self.watcher.take());
            }
        }
        true
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
    /// Of which everything concerns.
    directory: Option<PathBuf>,
    /// Single ones.
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
            if let Some(directory) = &self.directory {
                watcher.watch(directory, RecursiveMode::NonRecursive)?;
            }
            for parent in self.parents() {
                watcher.watch(parent, RecursiveMode::NonRecursive)?;
            }
            Ok(watcher)
        });
        watched.inspect_err(|error| tracing::warn!(%error, "plugins, the configuration or certificates are looked at every few seconds only")).ok()
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
            self.directory.as_ref().is_some_and(|directory| path.starts_with(directory)) || named()
        };
        event.need_rescan() || !event.kind.is_access() && event.paths.iter().any(own)
    }
}
