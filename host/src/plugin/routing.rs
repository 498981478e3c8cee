//! Which generation answers a call: one value behind one `ArcSwap`, built whole and published with one store.
//! How a generation comes about is `admission`'s affair.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use serde::Deserialize;

use super::Domain;
use super::generation::{Digest, Generation};

/// Generations that a route keeps behind the active one: calls and operations end on them, and a roll-back finds them.
const RETAINED_MAX: usize = 4;

/// Who answers a domain, and with what grants.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// What is served.
    pub domain: Domain,
    /// The plugin's file in `plugin.directory`, without `.wasm`.
    pub plugin: String,
    /// The plugin's name for an upstream → the configured upstream that it is granted.
    #[serde(default)]
    pub upstreams: BTreeMap<String, String>,
    /// What the plugin reads through `settings`.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Ask the plugin's `about.check` before it serves.
    #[serde(default)]
    pub probe: bool,
}

/// The generations of one route.
#[derive(Clone, Default)]
struct Line {
    active: Option<Arc<Generation>>,
    retained: VecDeque<Arc<Generation>>,
}

/// All of them, by domain.
#[derive(Clone, Default)]
struct Table(BTreeMap<&'static str, Line>);

/// The routing table.
#[derive(Default)]
pub(super) struct Routing {
    table: ArcSwap<Table>,
    /// One change at a time, so that none is lost.
    change: Mutex<()>,
}

impl Routing {
    /// The generation that answers `domain` now.
    pub(super) fn active(&self, domain: Domain) -> Option<Arc<Generation>> {
        self.table.load().0.get(domain.word())?.active.clone()
    }

    /// The generation with that digest while it is kept, otherwise the active one if it is the same plugin.
    pub(super) fn began(&self, domain: Domain, plugin: &str, digest: &Digest) -> Option<Arc<Generation>> {
        let table = self.table.load();
        let line = table.0.get(domain.word())?;
        let kept = line.active.iter().chain(&line.retained);
        kept.clone()
            .find(|g| g.digest == *digest && g.plugin == plugin)
            .or_else(|| line.active.as_ref().filter(|g| g.plugin == plugin))
            .cloned()
    }

    /// Makes a generation the active one; the one before it is kept.
    pub(super) fn activate(&self, generation: Arc<Generation>) {
        let _one = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let mut table = Table::clone(&self.table.load());
        let line = table.0.entry(generation.domain.word()).or_default();
        if let Some(before) = line.active.replace(generation) {
            line.retained.push_front(before);
            line.retained.truncate(RETAINED_MAX);
        }
        self.table.store(Arc::new(table));
    }
}
