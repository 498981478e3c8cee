//! Which generation answers a call: one value behind one `ArcSwap`, built whole and published with one store.
//! How a generation comes about is in `admission`, by which rules a rollout changes in `rollout`.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use patchbay_core::error::{Error, Kind};
use patchbay_core::{Digest, Domain, TenantId};
use patchbay_durable::membership::Served;
use patchbay_runtime::{ComponentFile, Generation, Resolve};
use tokio::sync::watch;
use wasmtime::component::Component;

use super::rollout::{Consequences, Entry, Rollout};
use super::route::Route;

/// The table that each call reads, and what changes of it go through.
pub(super) struct Routing {
    /// In the order of the configuration: a domain's first region is its default.
    table: ArcSwap<Vec<Rollout>>,
    /// One change at a time, so that none is lost.
    change: Mutex<()>,
    changed: watch::Sender<Vec<Served>>,
    retained_max: usize,
}

impl Routing {
    /// A table in which nothing is active yet.
    pub(super) fn new(routes: &[Route], retained_max: usize) -> Self {
        let mut lines = Vec::new();
        arrange(&mut lines, routes);
        Self {
            table: ArcSwap::from_pointee(lines),
            change: Mutex::default(),
            changed: watch::Sender::default(),
            retained_max,
        }
    }

    /// Signals after each change.
    pub(super) fn changes(&self) -> watch::Receiver<Vec<Served>> {
        self.changed.subscribe()
    }

    /// Whether the domain has somebody to answer, in whichever region.
    pub(super) fn serves(&self, domain: Domain) -> bool {
        self.table.load().iter().any(|line| line.domain == domain && line.pick(None).is_some())
    }

    /// Whether any domain has a second region.
    pub(super) fn several_regions(&self) -> bool {
        let table = self.table.load();
        table.iter().any(|a| table.iter().any(|b| a.domain == b.domain && a.region != b.region))
    }

    /// The full name of a region; none means the domain's first.
    ///
    /// # Errors
    /// [`Kind::Invalid`] names the regions that there are; [`Kind::Unsupported`] where nobody has a route.
    pub(super) fn region(&self, domain: Domain, region: &str) -> Result<String, Error> {
        let table = self.table.load();
        let line = find(&table, domain, region)?.map(|line| line.region.clone());
        line.ok_or_else(|| {
            Error::new(Kind::Unsupported, format!("No route is configured for {}.", domain.as_str()))
        })
    }

    /// The generation that is to poll what a generation with that digest began; that one itself while it is kept.
    pub(super) fn began(
        &self,
        (domain, region): (Domain, &str),
        plugin: &str,
        digest: &Digest,
    ) -> Option<Arc<Generation>> {
        let table = self.table.load();
        let line = table.iter().find(|line| line.domain == domain && line.region == region)?;
        line.began(plugin, digest).cloned()
    }

    /// A component that was compiled before, in whichever rollout.
    pub(super) fn compiled(&self, digest: &Digest) -> Option<(Component, Arc<ComponentFile>)> {
        let table = self.table.load();
        let mut entries = table.iter().flat_map(|line| &line.entries);
        let Entry { generation, .. } = entries.find(|entry| entry.generation.digest == *digest)?;
        Some((generation.component().clone(), Arc::clone(&generation.file)))
    }

    /// The newest generation of a plugin that is kept.
    pub(super) fn newest(&self, domain: Domain, region: &str, plugin: &str) -> Option<Arc<Generation>> {
        let table = self.table.load();
        let line = table.iter().find(|line| line.domain == domain && line.region == region)?;
        let mut own = line.entries.iter().filter(|entry| entry.generation.plugin == plugin);
        own.next().map(|entry| Arc::clone(&entry.generation))
    }

    /// Whether a generation can still be switched back to.
    pub(super) fn keeps(&self, generation: &Generation) -> bool {
        let table = self.table.load();
        let line =
            table.iter().find(|line| line.domain == generation.domain && line.region == generation.region);
        line.is_some_and(|line| line.entry(generation.number).is_some())
    }

    /// Looks at the table as it is now.
    pub(super) fn read<R>(&self, look: impl FnOnce(&[Rollout]) -> R) -> R {
        look(&self.table.load())
    }

    /// Changes a copy of the table and publishes it; a change that fails leaves everything as it was.
    pub(super) fn edit<R, E>(
        &self,
        change: impl FnOnce(&mut Vec<Rollout>) -> Result<R, E>,
    ) -> Result<(R, Consequences), E> {
        let one = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let mut table = Vec::clone(&self.table.load());
        let done = change(&mut table)?;
        let mut consequences = Consequences::default();
        table.iter_mut().for_each(|line| consequences.join(line.settle(self.retained_max)));
        table.retain(|line| !line.closed);
        let served = served(&table);
        self.table.store(Arc::new(table));
        self.changed.send_replace(served);
        drop(one);
        Ok((done, consequences))
    }
}

impl Resolve for Routing {
    fn resolve(
        &self,
        domain: Domain,
        region: &str,
        tenant: Option<TenantId>,
    ) -> Result<Arc<Generation>, Error> {
        let table = self.table.load();
        let line = find(&table, domain, region)?;
        line.and_then(|line| line.pick(tenant)).cloned().ok_or_else(|| {
            Error::new(Kind::Unsupported, format!("No {} plugin is loaded here.", domain.as_str()))
        })
    }
}

fn find<'a>(table: &'a [Rollout], domain: Domain, region: &str) -> Result<Option<&'a Rollout>, Error> {
    let mut lines = table.iter().filter(|line| line.domain == domain);
    let line = lines.clone().find(|line| region.is_empty() || line.region == region);
    if line.is_none() && lines.next().is_some() {
        let regions = table.iter().filter(|line| line.domain == domain).map(|line| line.region.as_str());
        let regions = regions.collect::<Vec<_>>().join(", ");
        return Err(Error::invalid(format!("region must be one of {regions}.")));
    }
    Ok(line)
}

/// Brings the rollouts in the order of the routes: one for each domain and region, new ones empty. Those without a route
/// are closed.
pub(super) fn arrange(lines: &mut Vec<Rollout>, routes: &[Route]) {
    let place = |line: &Rollout| {
        routes.iter().position(|route| route.domain == line.domain && route.region == line.region)
    };
    for route in routes {
        if !lines.iter().any(|line| line.domain == route.domain && line.region == route.region) {
            lines.push(Rollout::new(route.domain, &route.region));
        }
    }
    lines.iter_mut().filter(|line| place(line).is_none()).for_each(Rollout::close);
    lines.sort_by_key(|line| place(line).unwrap_or(usize::MAX));
}

/// Who answers each line now, or most of its calls where several do.
fn served(table: &[Rollout]) -> Vec<Served> {
    let active = table.iter().filter_map(|line| line.pick(None));
    let served = active.map(|generation| Served {
        domain: generation.domain.as_str().to_owned(),
        region: generation.region.clone(),
        plugin: generation.plugin.clone(),
        version: generation.version.clone(),
        digest: generation.digest.as_str().to_owned(),
    });
    served.collect()
}
