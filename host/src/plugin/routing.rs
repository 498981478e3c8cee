//! Which generation answers a call: one value behind one `ArcSwap`, built whole and published with one store.
//! How a generation comes about is `admission`'s affair.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use serde::Deserialize;

use super::Domain;
use super::generation::{Digest, Generation};
use crate::error::{Error, Kind};

/// Generations that a route keeps behind the active one: calls and operations end on them, and a roll-back finds them.
const RETAINED_MAX: usize = 4;

/// Who answers a domain, and with what grants.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// What is served.
    pub domain: Domain,
    /// Where: the platform's word for the region.
    pub region: String,
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

/// One route's generations.
#[derive(Clone)]
struct Line {
    domain: Domain,
    region: String,
    active: Option<Arc<Generation>>,
    retained: VecDeque<Arc<Generation>>,
}

/// The routing table.
pub(super) struct Routing {
    /// In the order of the configuration: a domain's first region is its default.
    table: ArcSwap<Vec<Line>>,
    /// One change at a time, so that none is lost.
    change: Mutex<()>,
}

impl Routing {
    /// A table in which nothing is active yet.
    pub(super) fn new(routes: &[Route]) -> Self {
        let line = |route: &Route| Line {
            domain: route.domain,
            region: route.region.clone(),
            active: None,
            retained: VecDeque::new(),
        };
        let table = ArcSwap::from_pointee(routes.iter().map(line).collect());
        Self { table, change: Mutex::default() }
    }

    /// The generation that answers `domain` in `region` now; no region means the domain's first.
    ///
    /// # Errors
    /// [`Kind::Invalid`] names the regions that there are; [`Kind::Unsupported`] when no plugin is active.
    pub(super) fn active(&self, domain: Domain, region: &str) -> Result<Arc<Generation>, Error> {
        let table = self.table.load();
        let mut lines = table.iter().filter(|line| line.domain == domain);
        let line = lines.clone().find(|line| region.is_empty() || line.region == region);
        if line.is_none() && lines.next().is_some() {
            return Err(Error::invalid(format!("region must be one of {}.", self.regions(domain))));
        }
        line.and_then(|line| line.active.clone()).ok_or_else(|| {
            Error::new(Kind::Unsupported, format!("No {} plugin is loaded here.", domain.word()))
        })
    }

    /// Whether any domain has a second region.
    pub(super) fn several_regions(&self) -> bool {
        let table = self.table.load();
        table.iter().any(|a| table.iter().any(|b| a.domain == b.domain && a.region != b.region))
    }

    fn regions(&self, domain: Domain) -> String {
        let table = self.table.load();
        let regions = table.iter().filter(|line| line.domain == domain).map(|line| line.region.as_str());
        regions.collect::<Vec<_>>().join(", ")
    }

    /// The generation with that digest while it is kept, otherwise the active one if it is the same plugin.
    pub(super) fn began(
        &self,
        (domain, region): (Domain, &str),
        plugin: &str,
        digest: &Digest,
    ) -> Option<Arc<Generation>> {
        let table = self.table.load();
        let line = table.iter().find(|line| line.domain == domain && line.region == region)?;
        let mut kept = line.active.iter().chain(&line.retained).filter(|g| g.plugin == plugin);
        kept.clone().find(|g| g.digest == *digest).or_else(|| kept.next()).cloned()
    }

    /// Makes a generation the active one of its route; the one before it is kept.
    pub(super) fn activate(&self, generation: Arc<Generation>) {
        let _one = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let mut table = Vec::clone(&self.table.load());
        let own = |line: &&mut Line| line.domain == generation.domain && line.region == generation.region;
        if let Some(line) = table.iter_mut().find(own) {
            if let Some(before) = line.active.replace(generation) {
                line.retained.push_front(before);
                line.retained.truncate(RETAINED_MAX);
            }
            self.table.store(Arc::new(table));
        }
    }
}
