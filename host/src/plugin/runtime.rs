//! What every call shares: engine, routing, bounds and what is lent to plugins.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use wasmtime::Engine;

use super::background::Background;
use super::domain::Domain;
use super::engine::Config;
use super::event::Events;
use super::gate::Gate;
use super::ledger::Ledger;
use super::route::Route;
use super::routing::Routing;
use super::setup::Setup;
use crate::capability::Cache;
use crate::journal::Journal;
use crate::telemetry::Metrics;

/// See the module.
pub(crate) struct Runtime {
    pub(super) engine: Engine,
    /// Where guests compute that do so for long.
    pub(super) background: Background,
    pub(crate) config: Config,
    pub(super) routing: Routing,
    pub(super) ledger: Ledger,
    pub(super) events: Events,
    /// Those of whoever watches events.
    pub(super) watchers: Arc<Semaphore>,
    pub(crate) cache: Cache,
    /// Of what plugins change in the backends.
    pub(crate) journal: Arc<Journal>,
    pub(crate) metrics: Arc<Metrics>,
    /// What the configuration says now.
    pub(super) setup: ArcSwap<Setup>,
    gates: [Gate; Domain::ALL.len()],
    /// Each domain's share of the host's own threads.
    foreground: [Arc<Semaphore>; Domain::ALL.len()],
    numbers: AtomicU64,
}

impl Runtime {
    pub(super) fn new(
        (engine, background): (Engine, Background),
        config: Config,
        (routes, setup): (&[Route], Setup),
        journal: Arc<Journal>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let gates = Domain::ALL.map(|domain| Gate::new(domain, &config, &metrics));
        let cache = Cache::new(config.cache_bounds());
        let watchers = Arc::new(Semaphore::new(config.event_watchers_max.min(Semaphore::MAX_PERMITS)));
        let (ledger, events) = (Ledger::new(config.records_max), Events::new(config.events_max));
        let (routing, numbers) = (Routing::new(routes, config.retained_max), AtomicU64::new(1));
        let setup = ArcSwap::from_pointee(setup);
        // All but one, where there is more than one.
        let threads = Handle::current().metrics().num_workers().saturating_sub(1).max(1);
        let foreground = Domain::ALL.map(|_| Arc::new(Semaphore::new(threads)));
        Self {
            engine,
            background,
            config,
            routing,
            ledger,
            events,
            watchers,
            cache,
            journal,
            metrics,
            setup,
            gates,
            foreground,
            numbers,
        }
    }

    /// The next generation's number.
    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// A domain's share of the host's own threads.
    pub(super) fn foreground(&self, domain: Domain) -> &Arc<Semaphore> {
        &self.foreground[domain as usize]
    }

    pub(super) fn gate(&self, domain: Domain) -> &Gate {
        &self.gates[domain as usize]
    }
}
