//! What every call shares: the engine, its threads, the bounds, and what is lent to components.

use std::sync::Arc;

use patchbay_core::error::Error;
use patchbay_core::{Domain, TenantId};
use patchbay_durable::journal::Journal;
use patchbay_telemetry::Metrics;
use patchbay_tenants::auth::Permit;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::background::Background;
use super::cache::Cache;
use super::compile::Uncompiled;
use super::concurrency::ConcurrencyLimit;
use super::config::Config;
use super::context::CallContext;
use super::engine;
use super::generation::Generation;
use super::resources::Resources;
use super::warm::Pool;

/// Who answers a call: what has the routing table.
pub trait Resolve: Send + Sync {
    /// The generation that answers the tenant's calls in the region; an empty region is the first one.
    ///
    /// # Errors
    /// `Unsupported`: none is loaded. `Invalid`: there is no such region.
    fn resolve(
        &self,
        domain: Domain,
        region: &str,
        tenant: Option<TenantId>,
    ) -> Result<Arc<Generation>, Error>;
}

/// See the module.
pub struct Runtime {
    pub(crate) engine: Engine,
    /// Where guests compute that do so for long.
    pub(crate) background: Background,
    /// `[plugin]`.
    pub config: Config,
    pub(crate) routes: Arc<dyn Resolve>,
    pub(crate) resources: Arc<Resources>,
    /// Instances that wait for another call.
    pub(crate) warm: Arc<Pool>,
    /// Whose the instances are that wait.
    pub(crate) nobody: Arc<CallContext>,
    gates: [ConcurrencyLimit; Domain::ALL.len()],
    /// Each domain's share of the host's own threads.
    foreground: [Arc<Semaphore>; Domain::ALL.len()],
}

impl Runtime {
    /// Starts the engine and its threads, inside a tokio runtime.
    ///
    /// # Errors
    /// One of them cannot start.
    pub fn start(
        config: Config,
        routes: Arc<dyn Resolve>,
        journal: Arc<Journal>,
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<Self> {
        // All but one, where there is more than one.
        let threads = Handle::current().metrics().num_workers().saturating_sub(1).max(1);
        let warm = Arc::new(Pool::new(&config.instances, metrics.instances_kept()));
        tokio::spawn(Pool::sweep(Arc::downgrade(&warm)));
        Ok(Self {
            engine: engine::start(&config)?,
            background: Background::start(&config, &metrics)?,
            gates: Domain::ALL.map(|domain| ConcurrencyLimit::new(domain, &config, &metrics)),
            foreground: Domain::ALL.map(|_| Arc::new(Semaphore::new(threads))),
            resources: Arc::new(Resources { cache: Cache::new(config.cache_bounds()), journal, metrics }),
            warm,
            nobody: Arc::new(CallContext::read(Permit::of_host("", Instant::now()))),
            config,
            routes,
        })
    }

    /// Of what plugins change in the backends.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.resources.journal
    }

    /// Where all this is counted.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.resources.metrics
    }

    /// Ends what goes on in the background, at the host's end.
    pub async fn end(&self) {
        self.background.end().await;
        drop(self.warm.clear());
    }

    /// Lets a generation's warm instances go, which gives their memory back.
    pub fn release(&self, generation: &Generation) {
        let released = self.warm.release(generation.number);
        if !released.is_empty() {
            // It takes its time.
            tokio::task::spawn_blocking(move || drop(released));
        }
    }

    /// Whether a call of the tenant would be refused now, before anything is done for it.
    ///
    /// # Errors
    /// `Exhausted` when the tenant's share of the queue is full, `Busy` when the queue is.
    pub fn admits(&self, domain: Domain, tenant: Option<TenantId>) -> Result<(), Error> {
        self.gate(domain).admits(tenant)
    }

    /// Compiles a component, in a process of its own where there is one to start, unless wasmtime's cache has it.
    ///
    /// # Errors
    /// See [`Uncompiled`].
    pub async fn compile(&self, bytes: Vec<u8>) -> Result<Component, Uncompiled> {
        if let Some(compiler) = &self.config.compiler {
            compiler.compile(&bytes, &self.config.cache_directory).await?;
        }
        let engine = self.engine.clone();
        let work =
            move || Component::from_binary(&engine, &bytes).map_err(|e| Uncompiled::Component(e.into()));
        let lost = |e: tokio::task::JoinError| Err(Uncompiled::Process(e.to_string()));
        tokio::task::spawn_blocking(work).await.unwrap_or_else(lost)
    }

    /// The domain's share of the host's own threads.
    pub(crate) fn foreground(&self, domain: Domain) -> &Arc<Semaphore> {
        &self.foreground[domain as usize]
    }

    pub(crate) fn gate(&self, domain: Domain) -> &ConcurrencyLimit {
        &self.gates[domain as usize]
    }
}
