//! When to look at the plugin directory: after each burst of changes has settled, and now and then in case the
//! directory itself was replaced. What is done with a file is `admission`'s affair.

use std::path::Path;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Plugins;

/// Changes that may wait to be looked at; one is enough to look at everything.
const PENDING_MAX: usize = 1;

/// How many times as long as a file must rest a directory may go without any rest.
const UNREST_MAX: u32 = 50;

/// How often to look without a sign: a directory that was deleted and made again sends none.
const RESCAN: Duration = Duration::from_secs(5);

/// Looks until `stop`.
pub(super) async fn run(plugins: &Plugins, stop: CancellationToken) {
    let settle = Duration::from_millis(plugins.runtime.config.settle_ms);
    let directory = plugins.runtime.config.directory.clone();
    let (sign, mut signs) = mpsc::channel(PENDING_MAX);
    let mut watcher = watcher(&directory, sign.clone());
    loop {
        let changed = tokio::select! {
            () = stop.cancelled() => return,
            change = signs.recv() => change.is_some(),
            () = tokio::time::sleep(RESCAN) => false,
        };
        if changed {
            settled(&mut signs, settle).await;
        } else {
            watcher = self::watcher(&directory, sign.clone()).or(watcher);
        }
        plugins.look().await;
    }
}

/// Waits until nothing has changed for so long; a directory that never rests is looked at all the same.
async fn settled(signs: &mut mpsc::Receiver<()>, settle: Duration) {
    let rest = async { while let Ok(Some(())) = tokio::time::timeout(settle, signs.recv()).await {} };
    let _ = tokio::time::timeout(settle * UNREST_MAX, rest).await;
}

/// Signs of change in a directory; `None` while it cannot be watched.
fn watcher(directory: &Path, sign: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let told = move |event: notify::Result<notify::Event>| {
        if !event.is_ok_and(|event| event.kind.is_access()) {
            // A full queue means that somebody will look anyway.
            let _ = sign.try_send(());
        }
    };
    let watched = notify::recommended_watcher(told).and_then(|mut watcher| {
        watcher.watch(directory, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    watched.inspect_err(|error| tracing::warn!(%error, "the plugin directory is not watched")).ok()
}
