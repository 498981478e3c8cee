//! Plugins: from files to answers. Reads: which file serves a route (`admission`), which generation answers
//! (`routing`), how it is called (`call`). What plugins may use is `capability`'s affair.

mod admission;
mod call;
pub mod contract;
mod domain;
mod engine;
mod generation;
mod inspect;
mod routing;
mod runtime;
mod state;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch as signal};
use tokio_util::sync::CancellationToken;
pub use wasmtime::component::Accessor;

pub use self::admission::Refusal;
pub(crate) use self::call::Answer;
pub use self::domain::{
    About, Buckets, Disks, Domain, Flavors, Images, Instances, Operation, Routed, Routers, SecurityGroups,
    Service, Shares, Tenants, Vpcs,
};
pub use self::engine::Config;
pub use self::generation::{Digest, Generation};
pub use self::inspect::Inspection;
pub use self::routing::Route;
pub(crate) use self::runtime::Runtime;
pub use self::state::{Call, CallState, Placeholder};
use crate::error::{Error, Kind};
use crate::telemetry::Metrics;
use crate::upstream::Upstreams;

/// All plugins of the host.
pub struct Plugins {
    runtime: Arc<Runtime>,
    routes: Vec<Route>,
    /// What each route's file was when it was last looked at; one look at a time.
    seen: Mutex<Vec<Seen>>,
    changed: signal::Sender<()>,
}

/// How a route's file was found, so that the same is not done and told again.
#[derive(Debug, Clone, Default)]
struct Seen {
    digest: Option<Digest>,
    /// Why it was refused.
    reason: Option<String>,
}

impl Plugins {
    /// Starts the engine and admits what is in the plugin directory. A file that is missing or refused leaves its
    /// domain unserved until a good one is dropped in.
    ///
    /// # Errors
    /// When the engine cannot start.
    pub async fn start(
        config: Config,
        routes: Vec<Route>,
        upstreams: Arc<Upstreams>,
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<Arc<Self>> {
        let engine = engine::start(&config)?;
        let runtime = Arc::new(Runtime::new(engine, config, &routes, upstreams, metrics));
        let (changed, _) = signal::channel(());
        let seen = Mutex::new(vec![Seen::default(); routes.len()]);
        let plugins = Arc::new(Self { runtime, routes, seen, changed });
        plugins.look().await;
        Ok(plugins)
    }

    /// Watches the plugin directory until `stop`.
    pub async fn watch(self: Arc<Self>, stop: CancellationToken) {
        watch::run(&self, stop).await;
    }

    /// Signals after each swap.
    pub fn changes(&self) -> signal::Receiver<()> {
        self.changed.subscribe()
    }

    /// Whether a plugin serves the domain now.
    #[must_use]
    pub fn serves(&self, domain: Domain) -> bool {
        self.routes
            .iter()
            .any(|route| route.domain == domain && self.runtime.routing.active(domain, &route.region).is_ok())
    }

    /// Whether a domain is served in more than one region, so that resources must be told apart by theirs.
    #[must_use]
    pub fn several_regions(&self) -> bool {
        self.runtime.routing.several_regions()
    }

    /// The generation that answers the domain in a region now; no region means the domain's first.
    ///
    /// # Errors
    /// [`Kind::Invalid`] for a region that is not served, [`Kind::Unsupported`] while no plugin serves there.
    pub fn active(&self, domain: Domain, region: &str) -> Result<Arc<Generation>, Error> {
        self.runtime.routing.active(domain, region)
    }

    /// How long one call of a plugin may take.
    #[must_use]
    pub fn call_time(&self) -> Duration {
        Duration::from_millis(self.runtime.config.call_ms_max)
    }

    /// Calls the active plugin of the domain.
    ///
    /// # Errors
    /// What the plugin answers; [`Kind::Unsupported`] while no plugin serves the domain; [`Kind::Internal`] for a
    /// trap, [`Kind::Timeout`] past the deadline, [`Kind::Busy`] when too many calls wait.
    pub async fn call<S: Routed, T: Send>(
        &self,
        call: Call,
        body: impl AsyncFnOnce(&Accessor<CallState>, &S::Guest, contract::types::Context) -> Answer<T> + Send,
    ) -> Result<T, Error> {
        call_active::<S, T>(&self.runtime, call, body).await
    }

    /// Calls the generation that began an operation while it is kept, otherwise the active one of that plugin.
    ///
    /// # Errors
    /// As [`Plugins::call`]; [`Kind::Unavailable`] while that plugin does not serve.
    pub async fn call_began<T: Send>(
        &self,
        (domain, plugin, digest): (Domain, &str, &Digest),
        call: Call,
        body: impl AsyncFnOnce(
            &Accessor<CallState>,
            &contract::common::exports::patchbay::host::operation::Guest,
            contract::types::Context,
        ) -> Answer<T>
        + Send,
    ) -> Result<T, Error> {
        let generation =
            self.runtime.routing.began((domain, &call.region), plugin, digest).ok_or_else(|| {
                Error::new(
                    Kind::Unavailable,
                    format!("The plugin {plugin}, which began this, does not serve now."),
                )
            })?;
        call::call::<Operation, T>(&self.runtime, &generation, call, body).await
    }

    /// Looks at every route's file once, and admits those that changed.
    async fn look(&self) {
        let mut seen = self.seen.lock().await;
        for (route, seen) in self.routes.iter().zip(seen.iter_mut()) {
            let refusal = self.look_at(route, &mut seen.digest).await.err();
            if matches!(refusal, Some(Refusal::Probe(_))) {
                // Not the file's fault: the backend may answer at the next look.
                seen.digest = None;
            }
            let reason = refusal.as_ref().map(Refusal::to_string);
            if let Some(refusal) = refusal.filter(|_| reason != seen.reason) {
                self.tell(route, &refusal);
            }
            seen.reason = reason;
        }
    }

    fn tell(&self, route: &Route, refusal: &Refusal) {
        let (plugin, domain) = (&route.plugin, route.domain.word());
        if matches!(refusal, Refusal::Missing(_)) {
            tracing::warn!(plugin, domain, %refusal, "no plugin serves the domain");
        } else {
            self.runtime.metrics.admission(plugin, "refused");
            tracing::error!(plugin, reason = %refusal, "refused; what served goes on serving");
        }
    }

    async fn look_at(&self, route: &Route, seen: &mut Option<Digest>) -> Result<(), Refusal> {
        let config = &self.runtime.config;
        let path = config.directory.join(&route.plugin).with_extension("wasm");
        if !path.exists() {
            let serves = self.active(route.domain, &route.region).is_ok();
            return if serves { Ok(()) } else { Err(Refusal::Missing(path)) };
        }
        let file = admission::File::read(&path, config.file_bytes_max)?;
        if seen.replace(file.digest.clone()).as_ref() == Some(&file.digest) {
            return Ok(());
        }
        let generation = admission::admit(&self.runtime, route, file).await?;
        self.runtime.metrics.admission(&route.plugin, "admitted");
        tracing::info!(plugin = %generation.label, version = %generation.version, domain = route.domain.word(), "serves");
        self.runtime.routing.activate(generation);
        self.changed.send_replace(());
        Ok(())
    }
}

/// Calls the active plugin of `S`'s domain, or the one that the call is bound to; also how one plugin reaches another.
pub(crate) async fn call_active<S: Routed, T: Send>(
    runtime: &Arc<Runtime>,
    call: Call,
    body: impl AsyncFnOnce(&Accessor<CallState>, &S::Guest, contract::types::Context) -> Answer<T> + Send,
) -> Result<T, Error> {
    let generation = match call.on.clone() {
        Some(generation) => generation,
        None => runtime.routing.active(S::DOMAIN, &call.region)?,
    };
    call::call::<S, T>(runtime, &generation, call, body).await
}
