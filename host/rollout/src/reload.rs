//! The configuration file, watched, with its upstreams' certificates: what has changed of routes, upstreams and limits becomes new generations, admitted as
//! new files are and published together; a bad edit changes nothing. What cannot change while the host runs is told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use patchbay_core::Digest;
use patchbay_runtime::{Generation, Limits};
use patchbay_upstream as upstream;
use tokio::time::Instant;
use toml::{Table, Value};

use super::Plugins;
use super::event::{About, EventKind};
use super::file::File;
use super::plugin_source::LastObserved;
use super::route::{self, Route};
use super::routing::arrange;
use super::setup::Setup;
use super::{look, publish};

/// Keys of `[plugin]` that hold for a call, so a new generation can have others while the host runs.
pub const LIVE: [&str; 13] = [
    "cpu_ms_max",
    "call_ms_max",
    "log_lines_max",
    "log_bytes_max",
    "log_call_bytes_max",
    "upstream_calls_max",
    "storage_calls_max",
    "pending_max",
    "pending_bytes_max",
    "transfer_bytes_max",
    "instances.reuse",
    "instances.uses_max",
    "instances.growth_bytes_max",
];

/// Where a configuration comes from, so that a change of it is seen.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file; absent where it is none.
    pub file: Option<PathBuf>,
    /// What it held at the start.
    pub text: String,
    /// The same, understood.
    pub table: Table,
    /// How a later text is read and checked.
    pub parse: fn(&str) -> anyhow::Result<Reloaded>,
}

/// What may change while the host runs.
pub struct Reloaded {
    /// Who answers which domain.
    pub routes: Vec<Route>,
    /// The backends, by name.
    pub upstreams: BTreeMap<String, upstream::Config>,
    /// The bounds of calls.
    pub limits: Limits,
    /// The whole file.
    pub table: Table,
}

/// The configuration file while the host runs.
pub(super) struct Reload {
    source: Source,
    /// What the host was started with.
    started: Table,
    /// How the file was found last, so that the same is not told again.
    seen: Result<String, String>,
    /// The upstreams' certificates that could not be taken last, which may have had another reason.
    refused: Option<Refused>,
}

/// Certificates that are tried again in a while.
struct Refused {
    files: Digest,
    /// What was told of it.
    told: String,
    again: Instant,
    wait: Duration,
}

/// The first wait before certificates are tried again that were refused; each is twice as long as the one before.
const AGAIN_MIN: Duration = Duration::from_secs(10);
/// The longest of these waits.
const AGAIN_MAX: Duration = Duration::from_secs(600);

impl Refused {
    fn is_due(&self, files: &Digest) -> bool {
        self.files != *files || self.again <= Instant::now()
    }

    /// After `before`, where it is the same once more.
    fn after(before: Option<&Self>, files: Digest, told: &str) -> Self {
        let same = before.filter(|before| before.files == files);
        let wait = same.map_or(AGAIN_MIN, |before| (before.wait * 2).min(AGAIN_MAX));
        Self { files, told: told.to_owned(), again: Instant::now() + wait, wait }
    }
}

impl Reload {
    pub(super) fn new(source: Source) -> Self {
        let (started, seen) = (source.table.clone(), Ok(source.text.clone()));
        Self { source, started, seen, refused: None }
    }

    /// Looks at the file once, and applies what has changed.
    pub(super) async fn look(&mut self, plugins: &Plugins) {
        let Some(file) = self.source.file.clone() else { return };
        let text = tokio::fs::read_to_string(&file).await.map_err(|e| e.to_string());
        let upstreams = Arc::clone(&plugins.registry.setup.load().upstreams);
        // It reads files.
        let files = tokio::task::spawn_blocking(move || upstreams.changed_files()).await.ok().flatten();
        let due = |files: &Digest| self.refused.as_ref().is_none_or(|refused| refused.is_due(files));
        let same = text == self.seen;
        if same && !files.as_ref().is_some_and(due) {
            return;
        }
        self.seen = text.clone();
        let applied = match text {
            Ok(text) => self.apply(plugins, &text).await,
            Err(error) => Err(anyhow::Error::msg(error)),
        };
        let (kind, told) = match applied {
            Ok(told) => (EventKind::ConfigApplied, told),
            Err(error) => (EventKind::ConfigRefused, format!("what held goes on to hold: {error:#}")),
        };
        let before = self.refused.take();
        if let (EventKind::ConfigRefused, Some(files)) = (kind, files) {
            let refused = Refused::after(before.as_ref(), files, &told);
            let known = before.is_some_and(|before| before.files == refused.files && before.told == told);
            self.refused = Some(refused);
            if same && known {
                return;
            }
        }
        tracing::warn!(file = %file.display(), kind = kind.as_str(), "{told}");
        plugins.registry.events.tell(kind, About::default(), told);
    }

    /// Tells in a sentence what was changed.
    async fn apply(&mut self, plugins: &Plugins, text: &str) -> anyhow::Result<String> {
        let config = (self.source.parse)(text)?;
        let registry = &plugins.registry;
        let before = registry.setup.load_full();
        // First for nobody to see: the metrics tell of certificates that are in place.
        let tried = before.upstreams.renewed(&config.upstreams, &Arc::default())?;
        tried.check_certificates_since(&before.upstreams)?;
        let upstreams = before.upstreams.renewed(&config.upstreams, registry.runtime.metrics())?;
        let changed = upstreams.changed_since(&before.upstreams);
        let limits = Limits {
            // The pool of memories has its size.
            memory_bytes_max: before.limits.memory_bytes_max,
            ..config.limits
        };
        let routes = route::weighed(config.routes);
        let setup = before.with(&routes, limits, (Arc::new(upstreams), &changed));
        let generations = self.admit(plugins, &before, &setup).await?;
        let told = describe(&generations, &waiting(&self.started, &config.table));
        put_in_place(plugins, &before, &routes, &generations);
        setup.upstreams.serve();
        registry.setup.store(Arc::new(setup));
        Ok(told)
    }

    /// Admits what has changed, all of it or nothing.
    async fn admit(
        &self,
        plugins: &Plugins,
        before: &Setup,
        after: &Setup,
    ) -> anyhow::Result<Vec<Arc<Generation>>> {
        let mut seen = Vec::new();
        for source in &before.sources {
            seen.push((source, source.lock().await));
        }
        let mut generations = Vec::new();
        for source in
            after.sources.iter().filter(|source| !before.sources.iter().any(|old| Arc::ptr_eq(old, source)))
        {
            let old = seen.iter().find(|(old, _)| old.is_for(&source.route)).map(|(_, seen)| &**seen);
            let Some(file) = component(plugins, &source.route, old).await? else { continue };
            let about = || format!("route {}: {}", source.route.domain.as_str(), source.route.plugin);
            let generation = source.admit_anew(&plugins.registry, file).await.with_context(about)?;
            generations.push(generation);
        }
        Ok(generations)
    }
}

/// The file that a changed route is about: the one in the directory, or where that was refused, what serves now.
async fn component(
    plugins: &Plugins,
    route: &Route,
    seen: Option<&LastObserved>,
) -> anyhow::Result<Option<File>> {
    let registry = &plugins.registry;
    let kept = registry.routing.newest(route.domain, &route.region, &route.plugin);
    let path = File::path(&registry.runtime.config.directory, &route.plugin);
    if let (Some(kept), true) = (&kept, !path.exists() || seen.is_some_and(LastObserved::refused)) {
        return Ok(Some(File::of(kept.file.bytes()?)));
    }
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(File::read(path, registry.runtime.config.file_bytes_max).await?))
}

/// One store: whoever looks sees all of the old or all of the new.
fn put_in_place(plugins: &Plugins, before: &Setup, routes: &[Route], generations: &[Arc<Generation>]) {
    let same_weights = |domain, region: &str| {
        let weights = |route: &&Route| route.domain == domain && route.region == region;
        let weight = |route: &Route| (route.plugin.clone(), route.weight());
        let old: Vec<_> =
            before.sources.iter().map(|source| &*source.route).filter(weights).map(weight).collect();
        let new: Vec<_> = routes.iter().filter(weights).map(weight).collect();
        old == new
    };
    let published: Result<(), std::convert::Infallible> = publish::edit(&plugins.registry, |lines| {
        arrange(lines, routes);
        for line in lines {
            let (domain, region) = (line.domain, line.region.clone());
            let own = |route: &&Route| route.domain == domain && route.region == region;
            line.withdraw(|plugin| !routes.iter().filter(own).any(|route| route.plugin == plugin));
            let new = generations.iter().filter(|new| new.domain == domain && new.region == region);
            for generation in new {
                let route = routes.iter().filter(own).find(|route| route.plugin == generation.plugin);
                if let Some(route) = route {
                    line.install(generation, route);
                }
            }
            if !same_weights(domain, &region) {
                line.weigh(|plugin| {
                    routes.iter().filter(own).find(|route| route.plugin == plugin).map_or(0, Route::weight)
                });
            }
        }
        Ok(())
    });
    let Ok(()) = published;
    generations.iter().for_each(|generation| look::log_activation(&plugins.registry, generation));
}

/// The keys that differ from what the host was started with and hold from its next start on.
fn waiting(started: &Table, now: &Table) -> Vec<String> {
    let mut keys = BTreeSet::new();
    differing("", started, now, &mut keys);
    let live = |key: &str| {
        key.split_once('.')
            .is_some_and(|(table, key)| table == "upstream" || table == "plugin" && LIVE.contains(&key))
            || matches!(key, "route" | "upstream")
    };
    keys.retain(|key| !live(key));
    keys.into_iter().collect()
}

/// The dotted names of the keys whose values differ. A table that is not there is as good as an empty one.
fn differing(prefix: &str, before: &Table, after: &Table, keys: &mut BTreeSet<String>) {
    let none = Table::new();
    for key in before.keys().chain(after.keys()) {
        match (before.get(key), after.get(key)) {
            (Some(Value::Table(before)), Some(Value::Table(after))) => {
                differing(&format!("{prefix}{key}."), before, after, keys);
            }
            (Some(Value::Table(before)), None) => differing(&format!("{prefix}{key}."), before, &none, keys),
            (None, Some(Value::Table(after))) => differing(&format!("{prefix}{key}."), &none, after, keys),
            (before, after) if before != after => drop(keys.insert(format!("{prefix}{key}"))),
            _ => {}
        }
    }
}

fn describe(generations: &[Arc<Generation>], waiting: &[String]) -> String {
    let new: Vec<_> = generations.iter().map(|new| format!("{} {}", new.number, new.label)).collect();
    let new = if new.is_empty() { "none".to_owned() } else { new.join(", ") };
    let mut told = format!("the configuration holds; new generations: {new}");
    if !waiting.is_empty() {
        told.push_str(&format!("; needs a restart: {}", waiting.join(", ")));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        text.parse().unwrap()
    }

    #[test]
    fn what_needs_a_restart_is_named() {
        let started = table(
            "grpc.listen = \"a\"\nplugin.cpu_ms_max = 1\nplugin.calls_max = 1\nupstream.cloud.kind = \"http\"",
        );
        let now = table(
            "plugin.cpu_ms_max = 2\nplugin.calls_max = 2\nupstream.cloud.kind = \"s3\"\n\
             auth.permission.upstream = \"cloud\"\nlog.format = \"json\"\n\
             plugin.instances = { reuse = \"never\", kept_max = 9 }",
        );
        assert_eq!(
            waiting(&started, &now),
            [
                "auth.permission.upstream",
                "grpc.listen",
                "log.format",
                "plugin.calls_max",
                "plugin.instances.kept_max"
            ]
        );
        assert_eq!(waiting(&started, &started), Vec::<String>::new());
    }
}
