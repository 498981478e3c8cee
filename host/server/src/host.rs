//! A running host: what is started, in which order, and how it all ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures::future::BoxFuture;
use patchbay_core::seal::MasterKey;
use patchbay_database as database;
use patchbay_durable::audit::Audit;
use patchbay_durable::idempotency::Idempotency;
use patchbay_durable::journal::Journal;
use patchbay_durable::membership::{self, Membership};
use patchbay_operations::registrar::Registrar;
use patchbay_operations::{Operations, Runner};
use patchbay_rollout::{Plugins, Watched};
use patchbay_telemetry::{Metrics, Readiness, Sampler};
use patchbay_tenants::auth::{Auth, Operators};
use patchbay_tenants::{Administration, Limits, Tenants};
use patchbay_upstream::Upstreams;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::audit::follow;
use super::config::Config;
use super::grpc::{self, Api};
use super::http;
use super::operators::OperatorsFile;
use super::tls::Security;

/// A running host.
pub struct Host {
    grpc: SocketAddr,
    http: SocketAddr,
    ready: Readiness,
    membership: Arc<Membership>,
    operations: Arc<Runner>,
    plugins: Arc<Plugins>,
    journal: Arc<Journal>,
    audit: Arc<Audit>,
    pool: database::Pool,
    /// Writes what happens to plugins into the audit trail.
    following: JoinHandle<()>,
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
    pub fn start(config: Config) -> BoxFuture<'static, anyhow::Result<Self>> {
        // Compiled here and not once more in each program that is made of it.
        Box::pin(Self::begin(config))
    }

    async fn begin(config: Config) -> anyhow::Result<Self> {
        let (drain, stop) = (CancellationToken::new(), CancellationToken::new());
        let shutdown_max = Duration::from_millis(config.shutdown_ms_max);
        let metrics = Arc::new(Metrics::default());
        let port = http::Server::bind(&config.http, &metrics).await?;
        let tls = config.grpc.tls.clone();
        let security = Security::open("grpc", config.grpc.listen, tls, b"h2", &metrics)?;
        let listener = listen(config.grpc.listen).await?;
        let (grpc, http) = (listener.local_addr()?, port.address());

        let database = Database::open(&config.database, &stop).await?;
        let access = Access::open(&config, &database.pool, &metrics).await?;
        let journal = Journal::open(&config.database, database.pool.clone(), config.journal).await?;
        let audit = Audit::open(&config.database, database.pool.clone(), config.audit.clone()).await?;
        let own = (Arc::clone(&journal), Arc::clone(&metrics));
        let plugins = Plugins::start(config.plugin, config.routes, access.upstreams, own.0, own.1).await?;
        let watched = watched([&security, port.security()], access.auth.operators());
        tokio::spawn(Arc::clone(&plugins).watch(config.source, watched, stop.clone()));
        let reserved = database.reserved(&config.database).await?;
        let pruned = (Duration::from_millis(config.operation.prune_interval_ms), config.operation.prune_max);
        tokio::spawn(Arc::clone(&audit).prune(pruned.0, pruned.1, stop.clone()));
        let following = tokio::spawn(follow(Arc::clone(&plugins), Arc::clone(&audit), stop.clone()));
        let membership = join(reserved, config.membership, grpc, &plugins, &stop).await?;
        let work = Work { plugins: &plugins, membership: &membership, keys: access.keys, auth: &access.auth };
        let operations = work.operations(&database.pool, config.operation, &metrics).await?;
        let administration = Arc::new(Administration::new(Arc::clone(&access.tenants), &config.tenant));
        let registrar = work.registrar(access.tenants, &stop);

        let (refusals, ready) = (Sampler::new(config.log.refusals_per_second), database.ready);
        tokio::spawn(Arc::clone(&refusals).tell(stop.clone()));
        tokio::spawn(port.serve(ready.clone(), stop.clone()));
        let (config, stopping, auth) = (Arc::new(config.grpc), drain.clone(), access.auth);
        let api = Api {
            config,
            security,
            auth,
            plugins: Arc::clone(&plugins),
            operations: Arc::clone(&operations),
            membership: Arc::clone(&membership),
            administration,
            registrar,
            audit: Arc::clone(&audit),
            metrics,
            refusals,
            stopping,
        };
        let serving = tokio::spawn(grpc::serve(api, listener));
        ready.set(true);
        let (pool, probing) = (database.pool, database.probing);
        Ok(Self {
            grpc,
            http,
            ready,
            membership,
            operations,
            plugins,
            journal,
            audit,
            following,
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
    pub fn stop(self) -> BoxFuture<'static, anyhow::Result<()>> {
        Box::pin(self.end())
    }

    async fn end(self) -> anyhow::Result<()> {
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
        let _ = tokio::time::timeout(self.shutdown_max, self.following).await;
        self.audit.close().await;
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

/// The files of these ports' TLS, and the operators'.
fn watched(ports: [&Security; 2], operators: &Arc<Operators>) -> Vec<Arc<dyn Watched>> {
    let each = ports.into_iter().filter_map(Security::watched).map(|tls| tls as Arc<dyn Watched>);
    let operators = OperatorsFile::of(operators).map(|file| Arc::new(file) as Arc<dyn Watched>);
    each.chain(operators).collect()
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("grpc.listen: {address} cannot be used"))
}

/// The database, and the task that sees whether it can be written.
struct Database {
    pool: database::Pool,
    doubt: database::Doubt,
    ready: Readiness,
    probing: JoinHandle<()>,
}

impl Database {
    async fn open(config: &database::Config, stop: &CancellationToken) -> anyhow::Result<Self> {
        let (ready, doubt) = (Readiness::default(), database::Doubt::default());
        let pool = database::open_doubting(config, &doubt).await?;
        let probe = database::Probe::new(config.clone(), doubt.clone(), ready.clone());
        let probing = tokio::spawn(probe.run(stop.clone()));
        Ok(Self { pool, doubt, ready, probing })
    }

    /// A connection that nothing else takes: a sign of life must never wait for one.
    async fn reserved(&self, config: &database::Config) -> anyhow::Result<database::Pool> {
        database::reserved(config, &self.pool, &self.doubt).await
    }
}

/// Who may call, and as whom the cloud is called.
struct Access {
    tenants: Arc<Tenants>,
    upstreams: Arc<Upstreams>,
    keys: Arc<Idempotency>,
    auth: Arc<Auth>,
}

impl Access {
    async fn open(config: &Config, pool: &database::Pool, metrics: &Arc<Metrics>) -> anyhow::Result<Self> {
        let master = Arc::new(MasterKey::read(&config.auth.master_key)?);
        let tenants = Tenants::open(pool.clone(), &config.tenant, Arc::clone(&master)).await?;
        let tenants = Arc::new(tenants.counted(metrics.tenant_reads()));
        let upstreams = Arc::new(Upstreams::new(&config.upstream, metrics)?);
        let keys = Arc::new(Idempotency::new(pool.clone(), Arc::clone(&master), config.idempotency));
        let limits = Limits::new(&config.tenant)?;
        let auth = Arc::new(Auth::new(&config.auth, master, Arc::clone(&tenants), limits, &upstreams)?);
        Ok(Self { tenants, upstreams, keys, auth })
    }
}

/// Enters among the hosts of the database, and goes on giving signs of life.
async fn join(
    pool: database::Pool,
    config: membership::Config,
    grpc: SocketAddr,
    plugins: &Arc<Plugins>,
    stop: &CancellationToken,
) -> anyhow::Result<Arc<Membership>> {
    let membership = Membership::join(pool, config, grpc.to_string(), plugins.changes()).await?;
    tokio::spawn(Arc::clone(plugins).announce(membership.looks(), stop.clone()));
    tokio::spawn(Arc::clone(&membership).keep());
    Ok(membership)
}

/// What work that goes on needs.
struct Work<'a> {
    plugins: &'a Arc<Plugins>,
    membership: &'a Arc<Membership>,
    keys: Arc<Idempotency>,
    auth: &'a Arc<Auth>,
}

impl Work<'_> {
    /// Takes up what was under way, and goes on looking for what nobody carries.
    async fn operations(
        &self,
        pool: &database::Pool,
        config: patchbay_operations::Config,
        metrics: &Arc<Metrics>,
    ) -> anyhow::Result<Arc<Runner>> {
        let operations = Runner::new(
            Operations::new(pool.clone()),
            Arc::clone(&self.keys),
            Arc::clone(self.membership),
            Arc::clone(self.plugins),
            Arc::clone(self.auth),
            Arc::clone(metrics),
            config,
        );
        operations.resume().await?;
        tokio::spawn(Arc::clone(&operations).adopt());
        tokio::spawn(Arc::clone(&operations).prune());
        Ok(operations)
    }

    /// Goes on removing what registrations left.
    fn registrar(self, tenants: Arc<Tenants>, stop: &CancellationToken) -> Arc<Registrar> {
        let registrar = Registrar::new(tenants, self.keys, Arc::clone(self.auth), Arc::clone(self.plugins));
        tokio::spawn(Arc::clone(&registrar).sweep(stop.clone()));
        registrar
    }
}
