//! Which component answers: files and their admission, weights, pins, canaries, drains and the way back.
//!
//! Reads: how a file becomes a generation (`admission`), which generation answers (`routing`, `rollout`), what an operator does
//! (`swap`). May use: the runtime, and what that uses. Must never live here: what a call does once it has its generation, and
//! any transport.
#![forbid(unsafe_code)]

mod admission;
mod announce;
mod canary;
mod cause;
mod event;
mod file;
mod history;
mod load;
mod look;
mod pick;
mod plugin_source;
mod publish;
mod put_back;
mod refusal;
mod registry;
mod reload;
mod rollout;
mod route;
mod routing;
mod setup;
mod state;
mod step;
mod swap;
mod watch;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use patchbay_core::error::Error;
#[cfg(doc)]
use patchbay_core::error::Kind;
use patchbay_core::{Digest, Domain, TenantId};
use patchbay_durable::journal::Journal;
use patchbay_durable::membership::Served;
use patchbay_runtime::{
    Body, Call, CallContext, Config, Generation, Operation, OperationGuard, Resolve as _, Routed,
};
use patchbay_telemetry::Metrics;
use patchbay_upstream::Upstreams;
use tokio::sync::watch as signal;
use tokio_util::sync::CancellationToken;

pub use self::event::{Event, EventKind, Subject};
pub use self::history::Record;
use self::plugin_source::PluginSource;
pub use self::refusal::Refusal;
use self::registry::Registry;
pub use self::reload::{LIVE, Reloaded, Source};
pub use self::route::{Canary, Route, check};
pub use self::state::State;
pub use self::step::Step;
pub use self::watch::Watched;

/// All plugins of the host.
pub struct Plugins {
    registry: Arc<Registry>,
}

impl Plugins {
    /// Starts the engine and admits what is in the plugin directory. A file that is missing or refused leaves its
    /// domain unserved until a good one is dropped in.
    ///
    /// # Errors
    /// When the engine or its threads cannot start.
    pub fn start(
        config: Config,
        routes: Vec<Route>,
        upstreams: Arc<Upstreams>,
        journal: Arc<Journal>,
        metrics: Arc<Metrics>,
    ) -> BoxFuture<'static, anyhow::Result<Arc<Self>>> {
        Box::pin(async move {
            let registry = Registry::start(config, routes, upstreams, journal, metrics)?;
            let plugins = Arc::new(Self { registry: Arc::new(registry) });
            plugins.look().await;
            Ok(plugins)
        })
    }

    /// Watches the plugin directory, the configuration file and what others want watched until `stop`.
    pub fn watch(
        self: Arc<Self>,
        source: Option<Source>,
        others: Vec<Arc<dyn Watched>>,
        stop: CancellationToken,
    ) -> BoxFuture<'static, ()> {
        Box::pin(async move { watch::run(&self, source, &others, stop).await })
    }

    /// Ends what goes on in the background, at the host's end.
    pub async fn end(&self) {
        self.registry.runtime.end().await;
    }

    /// Looks at every route's file once, and admits those that changed. Routes of one plugin one after the other: what
    /// was compiled for the first serves the next.
    async fn look(&self) {
        let setup = self.registry.setup.load_full();
        let plugins: BTreeSet<_> = setup.sources.iter().map(|source| source.route.plugin.as_str()).collect();
        let looks = plugins.into_iter().map(|plugin| self.look_at(setup.of(plugin)));
        futures::future::join_all(looks).await;
    }

    async fn look_at(&self, sources: Vec<Arc<PluginSource>>) {
        for source in sources {
            source.look(&self.registry).await;
        }
    }

    /// Of what plugins change in the backends.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        self.registry.runtime.journal()
    }

    /// Tells those who watch that an operation on this line could not be undone.
    pub fn left_behind(&self, (domain, region): (Domain, &str), message: String) {
        self.registry.events.tell(EventKind::LeftBehind, event::About::line(domain, region), message);
    }

    /// What this host serves, anew after each swap.
    pub fn changes(&self) -> signal::Receiver<Vec<Served>> {
        self.registry.routing.changes()
    }

    /// Whether a plugin serves the domain now.
    #[must_use]
    pub fn serves(&self, domain: Domain) -> bool {
        self.registry.routing.serves(domain)
    }

    /// Whether a domain is served in more than one region, so that resources must be told apart by theirs.
    #[must_use]
    pub fn several_regions(&self) -> bool {
        self.registry.routing.several_regions()
    }

    /// The generation that answers a tenant in a region now; no region means the domain's first.
    ///
    /// # Errors
    /// [`Kind::Invalid`] for a region that is not served, [`Kind::Unsupported`] while no plugin serves there.
    pub fn serving(
        &self,
        domain: Domain,
        region: &str,
        tenant: Option<TenantId>,
    ) -> Result<Arc<Generation>, Error> {
        self.registry.routing.resolve(domain, region, tenant)
    }

    /// Whether a call of the tenant would find a place or room to wait now, so that nothing need be done for one that
    /// would not.
    ///
    /// # Errors
    /// [`Kind::Exhausted`] and [`Kind::Busy`], as [`Plugins::call`].
    pub fn admits(&self, domain: Domain, tenant: Option<TenantId>) -> Result<(), Error> {
        self.registry.runtime.admits(domain, tenant)
    }

    /// How long one call of a plugin may take.
    #[must_use]
    pub fn call_time(&self) -> Duration {
        Duration::from_millis(self.registry.setup.load().limits.call_ms_max)
    }

    /// Calls the active plugin of the domain.
    ///
    /// # Errors
    /// What the plugin answers; [`Kind::Unsupported`] while no plugin serves the domain; [`Kind::Internal`] for a
    /// trap, [`Kind::Timeout`] past the deadline, [`Kind::Exhausted`] when too many calls of the tenant wait, [`Kind::Busy`]
    /// when too many of everybody's do, [`Kind::Unavailable`] when
    /// it was replaced and its time to drain is over.
    pub async fn call<S: Routed, T: Send + 'static>(
        &self,
        call: impl Into<Call>,
        body: impl Body<S, T>,
    ) -> Result<T, Error> {
        patchbay_runtime::call_resolved::<S, T>(&self.registry.runtime, call, body).await
    }

    /// Who goes on with an operation: the generation that has held it while that is kept, otherwise one of the same
    /// component or, at last, the active one of the same plugin.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] while that plugin does not serve.
    pub fn hold(
        &self,
        (domain, region): (Domain, &str),
        (plugin, digest): (&str, &Digest),
        hold: Option<OperationGuard>,
    ) -> Result<OperationGuard, Error> {
        let kept = hold.filter(|hold| self.registry.routing.keeps(&hold.generation));
        let found = || {
            self.registry.routing.began((domain, region), plugin, digest).map(|generation| generation.hold())
        };
        kept.or_else(found).ok_or_else(|| {
            Error::new(
                patchbay_core::Kind::Unavailable,
                format!("The plugin {plugin}, which began this, does not serve now."),
            )
        })
    }

    /// Asks a generation about an operation. It waits for a place however many do: operations have bounds of their own.
    ///
    /// # Errors
    /// As [`Plugins::call`].
    pub async fn call_held<T: Send + 'static>(
        &self,
        hold: &OperationGuard,
        context: CallContext,
        body: impl Body<Operation, T>,
    ) -> Result<T, Error> {
        patchbay_runtime::call::<Operation, T>(
            &self.registry.runtime,
            &hold.generation,
            context.admitted(),
            body,
        )
        .await
    }
}
