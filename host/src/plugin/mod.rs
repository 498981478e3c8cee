//! Plugins: from files to answers. Reads: which file serves a route (`admission`), which generation answers
//! (`routing`), how it is called (`call`). What plugins may use is `capability`'s affair.

mod activity;
mod admission;
mod announce;
mod background;
mod call;
mod canary;
mod compile;
pub mod contract;
mod debt;
mod domain;
mod drain;
mod engine;
mod event;
mod file;
mod gate;
mod generation;
mod inspect;
mod ledger;
mod line;
mod load;
mod pick;
mod purpose;
mod queue;
mod reload;
mod route;
mod routing;
mod runtime;
mod setup;
mod share;
mod slot;
mod state;
mod swap;
mod turns;
mod watch;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::watch as signal;
use tokio_util::sync::CancellationToken;
pub use wasmtime::component::Accessor;

pub use self::activity::Hold;
pub use self::admission::Refusal;
pub use self::announce::Served;
use self::background::Background;
pub(crate) use self::call::Answer;
pub use self::compile::{Compiler, compile_input};
pub use self::domain::{
    About, Buckets, Disks, Domain, Flavors, Images, Instances, Operation, Routed, Routers, SecurityGroups,
    Service, Shares, Tenants, Vpcs,
};
pub use self::engine::Config;
pub use self::event::{Event, EventKind, Subject};
pub use self::generation::{Digest, Generation};
pub use self::inspect::Inspection;
pub use self::ledger::{Record, State, Step};
pub use self::purpose::Placeholder;
pub(crate) use self::route::check;
pub use self::route::{Canary, Route};
pub(crate) use self::runtime::Runtime;
use self::setup::Setup;
use self::slot::Slot;
pub use self::state::{Call, CallState};
use crate::config::Source;
use crate::error::{Error, Kind};
use crate::journal::Journal;
use crate::telemetry::Metrics;
use crate::tenant::TenantId;
use crate::upstream::Upstreams;

/// All plugins of the host.
pub struct Plugins {
    runtime: Arc<Runtime>,
}

impl Plugins {
    /// Starts the engine and admits what is in the plugin directory. A file that is missing or refused leaves its
    /// domain unserved until a good one is dropped in.
    ///
    /// # Errors
    /// When the engine or its threads cannot start.
    pub async fn start(
        config: Config,
        routes: Vec<Route>,
        upstreams: Arc<Upstreams>,
        journal: Arc<Journal>,
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<Arc<Self>> {
        let engine = (engine::start(&config)?, Background::start(&config, &metrics)?);
        let routes = route::weighed(routes);
        let setup = Setup::new(&routes, config.limits(), upstreams);
        let runtime = Arc::new(Runtime::new(engine, config, (&routes, setup), journal, metrics));
        let plugins = Arc::new(Self { runtime });
        plugins.look().await;
        Ok(plugins)
    }

    /// Watches the plugin directory and the configuration file until `stop`.
    pub async fn watch(self: Arc<Self>, source: Source, stop: CancellationToken) {
        watch::run(&self, source, stop).await;
    }

    /// Ends what goes on in the background, at the host's end.
    pub async fn end(&self) {
        self.runtime.background.end().await;
    }

    /// Looks at every route's file once, and admits those that changed. Routes of one plugin one after the other: what
    /// was compiled for the first serves the next.
    async fn look(&self) {
        let setup = self.runtime.setup.load_full();
        let plugins: BTreeSet<_> = setup.slots.iter().map(|slot| slot.route.plugin.as_str()).collect();
        let looks = plugins.into_iter().map(|plugin| self.look_at(setup.of(plugin)));
        futures::future::join_all(looks).await;
    }

    async fn look_at(&self, slots: Vec<Arc<Slot>>) {
        for slot in slots {
            slot.look(&self.runtime).await;
        }
    }

    /// Of what plugins change in the backends.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.runtime.journal
    }

    /// Tells those who watch that an operation on this line could not be undone.
    pub fn left_behind(&self, (domain, region): (Domain, &str), message: String) {
        self.runtime.events.tell(EventKind::LeftBehind, event::About::line(domain, region), message);
    }

    /// Signals after each swap.
    pub fn changes(&self) -> signal::Receiver<()> {
        self.runtime.routing.changes()
    }

    /// Whether a plugin serves the domain now.
    #[must_use]
    pub fn serves(&self, domain: Domain) -> bool {
        self.runtime.routing.serves(domain)
    }

    /// Whether a domain is served in more than one region, so that resources must be told apart by theirs.
    #[must_use]
    pub fn several_regions(&self) -> bool {
        self.runtime.routing.several_regions()
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
        self.runtime.routing.pick(domain, region, tenant)
    }

    /// Whether a call of the tenant would find a place or room to wait now, so that nothing need be done for one that
    /// would not.
    ///
    /// # Errors
    /// [`Kind::Exhausted`] and [`Kind::Busy`], as [`Plugins::call`].
    pub fn admits(&self, domain: Domain, tenant: Option<TenantId>) -> Result<(), Error> {
        self.runtime.gate(domain).admits(tenant)
    }

    /// How long one call of a plugin may take.
    #[must_use]
    pub fn call_time(&self) -> Duration {
        Duration::from_millis(self.runtime.setup.load().limits.call_ms_max)
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
        call: Call,
        body: impl for<'a> FnOnce(
            &'a Accessor<CallState>,
            &'a S::Guest,
            contract::types::Context,
        ) -> BoxFuture<'a, Answer<T>>
        + Send
        + 'static,
    ) -> Result<T, Error> {
        call_active::<S, T>(&self.runtime, call, body).await
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
        hold: Option<Hold>,
    ) -> Result<Hold, Error> {
        let kept = hold.filter(|hold| self.runtime.routing.keeps(&hold.generation));
        let found = || self.runtime.routing.began((domain, region), plugin, digest).map(Hold::by);
        kept.or_else(found).ok_or_else(|| {
            Error::new(
                Kind::Unavailable,
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
        hold: &Hold,
        call: Call,
        body: impl for<'a> FnOnce(
            &'a Accessor<CallState>,
            &'a contract::common::exports::patchbay::host::operation::Guest,
            contract::types::Context,
        ) -> BoxFuture<'a, Answer<T>>
        + Send
        + 'static,
    ) -> Result<T, Error> {
        let call = Call { admitted: true, ..call };
        call::call::<Operation, T>(&self.runtime, &hold.generation, call, body).await
    }
}

/// Calls the active plugin of `S`'s domain, or the one that the call is bound to; also how one plugin reaches another.
pub(crate) async fn call_active<S: Routed, T: Send + 'static>(
    runtime: &Arc<Runtime>,
    call: Call,
    body: impl for<'a> FnOnce(
        &'a Accessor<CallState>,
        &'a S::Guest,
        contract::types::Context,
    ) -> BoxFuture<'a, Answer<T>>
    + Send
    + 'static,
) -> Result<T, Error> {
    let generation = match call.on.clone() {
        Some(generation) => generation,
        None => runtime.routing.pick(S::DOMAIN, &call.region, call.permit.tenant_id())?,
    };
    call::call::<S, T>(runtime, &generation, call, body).await
}
