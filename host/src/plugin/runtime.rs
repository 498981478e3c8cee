//! What every call shares: engine, routing, bounds and what is lent to plugins.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::Engine;

use super::domain::Domain;
use super::engine::Config;
use super::event::Events;
use super::ledger::Ledger;
use super::route::Route;
use super::routing::Routing;
use super::setup::Setup;
use crate::capability::Cache;
use crate::error::{Error, Kind};
use crate::journal::Journal;
use crate::telemetry::Metrics;

/// See the module.
pub(crate) struct Runtime {
    pub(super) engine: Engine,
    pub(crate) config: Config,
    pub(super) routing: Routing,
    pub(super) ledger: Ledger,
    pub(super) events: Events,
    pub(crate) cache: Cache,
    /// Of what plugins change in the backends.
    pub(crate) journal: Arc<Journal>,
    pub(crate) metrics: Arc<Metrics>,
    /// What the configuration says now.
    pub(super) setup: ArcSwap<Setup>,
    gates: [Gate; Domain::ALL.len()],
    numbers: AtomicU64,
}

impl Runtime {
    pub(super) fn new(
        engine: Engine,
        config: Config,
        (routes, setup): (&[Route], Setup),
        journal: Arc<Journal>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let gates = Domain::ALL.map(|domain| Gate::new(domain, &config, &metrics));
        let cache = Cache::new(config.cache_bytes_max, config.cache_value_bytes_max);
        let (ledger, events) = (Ledger::new(config.records_max), Events::new(config.events_max));
        let (routing, numbers) = (Routing::new(routes, config.retained_max), AtomicU64::new(1));
        let setup = ArcSwap::from_pointee(setup);
        Self { engine, config, routing, ledger, events, cache, journal, metrics, setup, gates, numbers }
    }

    /// The next generation's number.
    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn gate(&self, domain: Domain) -> &Gate {
        let [identity, compute, storage, network, nas, oss] = &self.gates;
        match domain {
            Domain::Identity => identity,
            Domain::Compute => compute,
            Domain::Storage => storage,
            Domain::Network => network,
            Domain::Nas => nas,
            Domain::Oss => oss,
        }
    }
}

/// Lets so many calls of a domain work at once and so many wait. Apart for each domain: compute calls that wait
/// for a storage plugin never hold the places that it needs.
pub(super) struct Gate {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
    at_work: Gauge,
    queued: Gauge,
}

impl Gate {
    fn new(domain: Domain, config: &Config, metrics: &Metrics) -> Self {
        Self {
            places: Arc::new(Semaphore::new(config.calls_max)),
            waiting: AtomicUsize::new(0),
            waiting_max: config.queue_max,
            at_work: metrics.instances(domain.word()),
            queued: metrics.queued(domain.word()),
        }
    }

    /// A place for a call, at once or after a wait in the queue.
    ///
    /// # Errors
    /// [`Kind::Busy`] when the queue is full.
    pub(super) async fn enter(&self) -> Result<Place, Error> {
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => self.wait().await?,
        };
        self.at_work.inc();
        Ok(Place { at_work: self.at_work.clone(), _place: place })
    }

    async fn wait(&self) -> Result<OwnedSemaphorePermit, Error> {
        let _queued = Queued::join(self)?;
        Arc::clone(&self.places).acquire_owned().await.map_err(Error::internal)
    }
}

/// A call in the queue; leaves it also when the caller gives up.
struct Queued<'a>(&'a Gate);

impl<'a> Queued<'a> {
    fn join(gate: &'a Gate) -> Result<Self, Error> {
        if gate.waiting.fetch_add(1, Ordering::Relaxed) >= gate.waiting_max {
            gate.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::new(Kind::Busy, "Too many calls are waiting here; try again in a moment."));
        }
        gate.queued.inc();
        Ok(Self(gate))
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
        self.0.queued.dec();
    }
}

/// A call's place among those at work.
pub(super) struct Place {
    at_work: Gauge,
    _place: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.at_work.dec();
    }
}
