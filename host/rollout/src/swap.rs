//! What an operator does: look, load, switch over and back, share out. Each is one change of the routing table, and what
//! follows from it. By which rules a line changes is in `rollout`.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::BoxFuture;
use patchbay_core::error::{Error, Kind};
use patchbay_core::{Domain, TenantId};
use patchbay_runtime::Generation;
use patchbay_tenants::auth::{Operator, scope};
use tokio::sync::{OwnedSemaphorePermit, broadcast};

use super::Plugins;
use super::cause;
use super::event::{About, Event, EventKind};
use super::file::File;
use super::history::Record;
use super::load::Loading;
use super::publish::{edit, line_mut};
use super::put_back::put_back;
use super::rollout::{Rollout, Unfit};
use super::route::WEIGHT_MAX;

impl From<Unfit> for Error {
    fn from(unfit: Unfit) -> Self {
        let kind = match unfit {
            Unfit::Unknown(..) | Unfit::Unrouted(..) => Kind::NotFound,
            Unfit::NoEarlier(..) => Kind::Conflict,
            Unfit::Nobody(..) => Kind::Invalid,
        };
        Self::new(kind, unfit.to_string())
    }
}

impl Plugins {
    /// Every generation that is kept, and those of late that were refused or let go, by their numbers.
    #[must_use]
    pub fn list(&self) -> Vec<Record> {
        let records = self.registry.history.records();
        self.registry.routing.read(|lines| records.into_iter().map(|record| seen(lines, record)).collect())
    }

    /// What happened after the event of that number, as far as it is kept, and all that follows.
    #[must_use]
    pub fn events(&self, since: u64) -> (Vec<Event>, broadcast::Receiver<Event>) {
        self.registry.events.since(since)
    }

    /// A place among those who watch events.
    ///
    /// # Errors
    /// [`Kind::Exhausted`]: there is none.
    pub fn watcher(&self) -> Result<OwnedSemaphorePermit, Error> {
        let full = |_| Error::new(Kind::Exhausted, "Too many watch events; end a watch first.");
        Arc::clone(&self.registry.watchers).try_acquire_owned().map_err(full)
    }

    /// Whether a file of that size may be loaded as this plugin's.
    ///
    /// # Errors
    /// [`Kind::Invalid`] for a plugin without a route, naming those that have one, and for too many bytes.
    pub fn loadable(&self, plugin: &str, size_bytes: u64) -> Result<(), Error> {
        let setup = self.registry.setup.load();
        let named: BTreeSet<_> = setup.sources.iter().map(|source| source.route.plugin.as_str()).collect();
        if !named.contains(plugin) {
            let named: Vec<_> = named.into_iter().collect();
            return Err(Error::invalid(format!(
                "plugin must be one that a route names: {}.",
                named.join(", ")
            )));
        }
        if size_bytes > self.registry.runtime.config.file_bytes_max {
            return Err(Error::invalid(format!("{size_bytes} bytes are more than plugin.file_bytes_max.")));
        }
        Ok(())
    }

    /// Admits a component for each route of a plugin, and where one of them takes it, puts it in the place of the
    /// plugin's file. One that is refused is no failure: its records say why, and the file stays as it was.
    ///
    /// # Errors
    /// As [`Plugins::loadable`]; [`Kind::Internal`] when the directory cannot be written.
    pub fn load<'a>(
        &'a self,
        by: &'a Operator<scope::Plugins>,
        plugin: &'a str,
        bytes: Vec<u8>,
    ) -> BoxFuture<'a, Result<Vec<Record>, Error>> {
        Box::pin(cause::asked_by(by.name(), self.admit(plugin, bytes)))
    }

    async fn admit(&self, plugin: &str, bytes: Vec<u8>) -> Result<Vec<Record>, Error> {
        self.loadable(plugin, bytes.len() as u64)?;
        let sources = self.registry.setup.load().of(plugin);
        let file = File::of(bytes);
        let mut loading = Loading::default();
        for source in &sources {
            loading.admit(&self.registry, source, &file).await;
        }
        let directory = &self.registry.runtime.config.directory;
        loading
            .land(&self.registry, || File::land(directory, plugin, &file.bytes))
            .map_err(Error::internal)?;
        let records = self.list();
        Ok(loading.numbers.iter().filter_map(|number| record(&records, *number)).collect())
    }

    /// Gives a generation all calls of its line, but for pinned tenants'; a canary takes the calls of the one beside it.
    ///
    /// # Errors
    /// [`Kind::NotFound`] for a number that was never given, [`Kind::Conflict`] for a generation that is not kept.
    pub async fn activate(&self, by: &Operator<scope::Plugins>, number: u64) -> Result<Record, Error> {
        cause::asked_by(by.name(), self.switch_to(number)).await
    }

    async fn switch_to(&self, number: u64) -> Result<Record, Error> {
        let known = record(&self.list(), number)
            .ok_or_else(|| Error::new(Kind::NotFound, format!("There is no generation {number}.")))?;
        let (domain, region) = (known.domain, known.region.clone());
        let (canary, generation) = self
            .edit(domain, &region, |line| {
                let canary = line.trial.is_some_and(|trial| trial.canary == number);
                let generation = line.entry(number).map(|entry| Arc::clone(&entry.generation));
                line.activate(number)?;
                Ok((canary, generation))
            })
            .map_err(|unfit| Error::new(Kind::Conflict, unfit.to_string()))?;
        let kind = if canary { EventKind::Promoted } else { EventKind::Activated };
        self.switched(kind, generation).await
    }

    /// Gives the calls of a line back: from a canary to the one beside it, otherwise to the one that had them before.
    /// No region means the domain's first.
    ///
    /// # Errors
    /// [`Kind::Conflict`] when no earlier one is kept, [`Kind::Invalid`] for a region that is not served.
    pub async fn roll_back(
        &self,
        by: &Operator<scope::Plugins>,
        domain: Domain,
        region: &str,
    ) -> Result<Record, Error> {
        cause::asked_by(by.name(), self.switch_back(domain, region)).await
    }

    async fn switch_back(&self, domain: Domain, region: &str) -> Result<Record, Error> {
        let region = self.registry.routing.region(domain, region)?;
        let generation = self.edit(domain, &region, |line| {
            let number = line.roll_back()?;
            Ok(line.entry(number).map(|entry| Arc::clone(&entry.generation)))
        })?;
        self.switched(EventKind::RolledBack, generation).await
    }

    /// Shares a line's calls out between its generations, and pins tenants to one or to none. No weights: those that are
    /// set stay. Holds until the host ends or another generation comes into service.
    ///
    /// # Errors
    /// [`Kind::NotFound`] for a generation that the line does not keep, [`Kind::Invalid`] for weights that leave nobody
    /// to answer or for a region that is not served, [`Kind::Quota`] for too many pins.
    pub async fn set_route(
        &self,
        by: &Operator<scope::Plugins>,
        domain: Domain,
        region: &str,
        weights: &[(u64, u32)],
        pins: &[(TenantId, Option<u64>)],
    ) -> Result<Vec<Record>, Error> {
        cause::asked_by(by.name(), async { self.share_out(domain, region, weights, pins) }).await
    }

    fn share_out(
        &self,
        domain: Domain,
        region: &str,
        weights: &[(u64, u32)],
        pins: &[(TenantId, Option<u64>)],
    ) -> Result<Vec<Record>, Error> {
        let region = self.registry.routing.region(domain, region)?;
        if weights.iter().any(|(_, weight)| *weight > WEIGHT_MAX) {
            return Err(Error::invalid(format!("A weight is at most {WEIGHT_MAX}.")));
        }
        let pins_max = self.registry.runtime.config.pins_max;
        edit(&self.registry, |lines| {
            let line = line_mut(lines, domain, &region)?;
            line.share_out(weights, pins)?;
            if line.pins_len() > pins_max {
                return Err(Error::new(Kind::Quota, "More pins than plugin.pins_max allows."));
            }
            Ok(())
        })?;
        let told = format!("weights {weights:?} and pins {pins:?} were set by hand");
        self.registry.events.tell(EventKind::Routed, About::line(domain, &region), told);
        let own = |record: &Record| record.domain == domain && record.region == region;
        Ok(self.list().into_iter().filter(own).collect())
    }

    fn edit<R>(
        &self,
        domain: Domain,
        region: &str,
        change: impl FnOnce(&mut Rollout) -> Result<R, Unfit>,
    ) -> Result<R, Unfit> {
        edit(&self.registry, |lines| change(line_mut(lines, domain, region)?))
    }

    /// Tells of a switch by hand, and lets the next start of the host begin with it.
    async fn switched(&self, kind: EventKind, generation: Option<Arc<Generation>>) -> Result<Record, Error> {
        let lost = || Error::new(Kind::Conflict, "The generation was let go at once.");
        let generation = generation.ok_or_else(lost)?;
        let told = format!("{} answers {}, by hand", generation.label, generation.domain.as_str());
        tracing::info!(plugin = %generation.label, domain = generation.domain.as_str(), kind = kind.as_str(), "switched");
        self.registry.events.tell(kind, &*generation, told);
        put_back(&self.registry, &generation).await;
        record(&self.list(), generation.number).ok_or_else(lost)
    }
}

fn record(records: &[Record], number: u64) -> Option<Record> {
    records.iter().find(|record| record.number == number).cloned()
}

/// A record with what its rollout knows of it.
fn seen(lines: &[Rollout], mut record: Record) -> Record {
    let line = lines.iter().find(|line| line.domain == record.domain && line.region == record.region);
    let Some((line, entry)) = line.and_then(|line| Some((line, line.entry(record.number)?))) else {
        return record;
    };
    record.state = entry.state;
    record.weight = entry.weight;
    record.pins = line.pins(record.number).collect();
    record.calls = entry.generation.calls();
    record.operations = entry.generation.operations();
    record.memory_bytes = entry.generation.memory_bytes();
    record.last_error = entry.generation.last_error();
    record.since = entry.since;
    record
}
