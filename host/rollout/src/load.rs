//! A component on its way into the plugin directory: it is admitted for each route of its plugin first, and lands only
//! where one of them takes it, so that the next start of the host never begins with what was refused. Nobody else looks
//! at the file meanwhile.

use std::io;
use std::sync::Arc;

use patchbay_runtime::Generation;
use tokio::sync::MutexGuard;

use super::file::File;
use super::plugin_source::{LastObserved, PluginSource};
use super::registry::Registry;
use super::route::Route;
use super::{look, publish};

/// What has become of it so far.
#[derive(Default)]
pub(super) struct Loading<'a> {
    /// The generations that came of it, or would have.
    pub(super) numbers: Vec<u64>,
    admitted: Vec<(Arc<Generation>, Arc<Route>)>,
    /// What each route is to have seen once it has landed.
    seen: Vec<(MutexGuard<'a, LastObserved>, LastObserved)>,
}

impl<'a> Loading<'a> {
    /// Admits it for one route, unless it is there already.
    pub(super) async fn admit(&mut self, registry: &Arc<Registry>, source: &'a PluginSource, file: &File) {
        let before = source.lock().await;
        if let Some(number) = before.passed(&file.digest) {
            self.numbers.push(number);
            self.seen.push((before, LastObserved::of(number, &file.digest)));
            return;
        }
        let mut seen = LastObserved::default();
        let outcome = source.admit(registry, &mut seen, file.clone()).await;
        self.numbers.extend(seen.number());
        self.admitted.extend(outcome.ok().map(|generation| (generation, Arc::clone(&source.route))));
        self.seen.push((before, seen));
    }

    /// Puts it in place, and lets it serve.
    pub(super) fn land(
        &mut self,
        registry: &Arc<Registry>,
        land: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        if self.admitted.is_empty() {
            return Ok(());
        }
        if let Err(error) = land() {
            self.admitted.drain(..).for_each(|(generation, _)| publish::let_go(registry, &generation));
            return Err(error);
        }
        self.seen.drain(..).for_each(|(mut before, seen)| *before = seen);
        self.admitted.drain(..).for_each(|(generation, route)| look::serve(registry, &generation, &route));
        Ok(())
    }
}
