//! A running host: what is started, in which order, and how it all ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use patchbay_core::seal::MasterKey;
use patchbay_database as database;
use patchbay_durable::idempotency::Idempotency;
use patchbay_durable::journal::Journal;
use patchbay_durable::membership::Membership;
use patchbay_operations::registrar::Registrar;
use patchbay_operations::{Operations, Runner};
use patchbay_rollout::Plugins;
use patchbay_telemetry::{Metrics, Readiness, Sampler};
use patchbay_tenants::Tenants;
use patchbay_tenants::auth::Auth;
use patchbay_upstream::Upstreams;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::config::Config;
use super::grpc::{self, Api};
use super::http;

/// A running host.
pub struct Host {
    grpc: SocketAddr,
    http: SocketAddr,
    ready: Readiness,
    membership: Arc<Membership>,
    operations: Arc<Runner>,
    plugins: Arc<Plugins>,
    journal: Arc<Journal>,
    pool: database::Pool,
    probing: JoinHandle<()>,
    serving: JoinHandle<anyhow::Result<()>>,
    /// Ends the gRPC server: no new calls, those in flight go on.
    drain: CancellationToken,
    /// Ends everything else.
    stop: CancellationToken,
    shutdown_max: Duration,
}

impl Host {
    /// Starts everything, in the order in which one part needs another.
    ///
    /// # Errors
    /// What cannot work at all: an address that is taken, a database that does not answer, a secret that is not
    /// there. A plugin that is missing or refused is not an error: its domain is not served.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let (drain, stop) = (CancellationToken::new(), CancellationToken::new());
        let metrics = Arc::new(Metrics::default());
        let refusals = Sampler::new(config.log.refusals_per_second);
        let port = http::Server::bind(&config.http).await?;
        let listener = listen(config.grpc.listen).await?;

        let (ready, doubt) = (Readiness::default(), database::Doubt::default());
        let pool = database::open_doubting(&config.database, &doubt).await?;
        let probe = database::Probe::new(config.database.clone(), doubt.clone(), ready.clone());
        let probing = tokio::spawn(probe.run(stop.clone()));
        let master = Arc::new(MasterKey::read(&config.auth.master_key)?);
        let tenants = Tenants::open(pool.clone(), &config.tenant, Arc::clone(&master)).await?;
        let tenants = Arc::new(tenants.counted(metrics.tenant_reads()));
        let upstreams = Arc::new(Upstreams::new(&config.upstream, &metrics)?);
        let keys = Arc::new(Idempotency::new(pool.clone(), Arc::clone(&master), config.idempotency));
        let auth = Arc::new(Auth::new(&config.auth, master, Arc::clone(&tenants), &upstreams)?);

        let journal = Journal::open(&config.database, pool.clone(), config.journal).await?;
        let plugins = Plugins::start(
            config.plugin,
            config.routes,
            upstreams,
            Arc::clone(&journal),
            Arc::clone(&metrics),
        )
        .await?;
        tokio::spawn(Arc::clone(&plugins).watch(config.source, stop.clone()));
        let store = Operations::new(pool.clone());
        let own = database::reserved(&config.database, &pool, &doubt).await?;
        let address = listener.local_addr()?.to_string();
        let membership = Membership::join(own, config.membership, address, plugins.changes()).await?;
        tokio::spawn(Arc::clone(&plugins).announce(membership.looks(), stop.clone()));
        tokio::spawn(Arc::clone(&membership).keep());
        let operations = Runner::new(
            store,
            Arc::clone(&keys),
            Arc::clone(&membership),
            Arc::clone(&plugins),
            Arc::clone(&auth),
            Arc::clone(&metrics),
            config.operation,
        );
        operations.resume().await?;
        tokio::spawn(Arc::clone(&operations).adopt());
        tokio::spawn(Arc::clone(&operations).prune());
        let registrar = Registrar::new(tenants, Arc::clone(&keys), Arc::clone(&auth), Arc::clone(&plugins));
        tokio::spawn(Arc::clone(&registrar).sweep(stop.clone()));

        let (grpc, at) = (listener.local_addr()?, port.address());
        tokio::spawn(Arc::clone(&refusals).tell(stop.clone()));
        tokio::spawn(port.serve(Arc::clone(&metrics), ready.clone(), stop.clone()));
        let api = Api {
            config: Arc::new(config.grpc),
            auth,
            plugins: Arc::clone(&plugins),
            operations: Arc::clone(&operations),
            membership: Arc::clone(&membership),
            registrar,
            metrics,
            refusals,
            stopping: drain.clone(),
        };
        let serving = tokio::spawn(grpc::serve(api, listener));
        ready.set(true);
        let shutdown_max = Duration::from_millis(config.shutdown_ms_max);
        Ok(Self {
            grpc,
            http: at,
            ready,
            membership,
            operations,
            plugins,
            journal,
            pool,
            probing,
            serving,
            drain,
            stop,
            shutdown_max,
        })
    }

    /// Where gRPC is served.
    #[must_use]
    pub fn grpc(&self) -> SocketAddr {
        self.grpc
    }

    /// Where `/healthz` and `/metrics` are.
    #[must_use]
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Stops admitting calls and lets those in flight end, at most for `shutdown_ms_max`.
    ///
    /// # Errors
    /// When the server had failed.
    pub async fn stop(self) -> anyhow::Result<()> {
        let end = Instant::now() + self.shutdown_max;
        self.ready.set(false);
        // Calls that only wait for operations have their answers at once.
        self.operations.rest();
        self.drain.cancel();
        let ended = tokio::time::timeout_at(end, self.serving).await;
        self.operations.stop(end).await;
        self.plugins.end().await;
        if let Err(error) = self.membership.leave().await {
            tracing::warn!(error = %error.chain(), "the other hosts have to find out that this one is gone");
        }
        self.stop.cancel();
        self.journal.close().await;
        if tokio::time::timeout(self.shutdown_max, self.probing).await.is_err() {
            tracing::warn!("the host stops while it waits for its database");
        }
        // SQLite's journal goes back into its file.
        self.pool.close().await;
        match ended {
            Ok(served) => served.context("the gRPC server ended badly")?,
            Err(_) => {
                tracing::warn!("calls were still in flight after shutdown_ms_max; they are cut off");
                Ok(())
            }
        }
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("grpc.listen: {address} cannot be used"))
}
