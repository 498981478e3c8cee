//! What the plugins of a host share: the routing table, the records, the events, and what the configuration says now.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use patchbay_durable::journal::Journal;
use patchbay_runtime::{Config, Resolve, Runtime};
use patchbay_telemetry::Metrics;
use patchbay_upstream::Upstreams;
use tokio::sync::Semaphore;

use super::event::Events;
use super::history::History;
use super::route::{self, Route};
use super::routing::Routing;
use super::setup::Setup;

/// See the module.
pub(crate) struct Registry {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) routing: Arc<Routing>,
    pub(crate) history: History,
    pub(crate) events: Events,
    /// Those of whoever watches events.
    pub(crate) watchers: Arc<Semaphore>,
    /// What the configuration says now.
    pub(crate) setup: ArcSwap<Setup>,
    numbers: AtomicU64,
}

impl Registry {
    /// Starts the runtime. Fails where that does.
    pub(crate) fn start(
        config: Config,
        routes: Vec<Route>,
        upstreams: Arc<Upstreams>,
        journal: Arc<Journal>,
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<Self> {
        let routes = route::weighed(routes);
        let routing = Arc::new(Routing::new(&routes, config.retained_max));
        let watchers = Semaphore::new(config.event_watchers_max.min(Semaphore::MAX_PERMITS));
        Ok(Self {
            history: History::new(config.records_max),
            events: Events::new(config.events_max),
            watchers: Arc::new(watchers),
            setup: ArcSwap::from_pointee(Setup::new(&routes, config.limits(), upstreams)),
            numbers: AtomicU64::new(1),
            runtime: Arc::new(Runtime::start(
                config,
                Arc::clone(&routing) as Arc<dyn Resolve>,
                journal,
                metrics,
            )?),
            routing,
        })
    }

    /// For the next generation.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}
