//! Carries operations on to their end: one task for each, from the plugin's first answer through its tickets, or
//! through the undoing of what it made. Only the plugin knows what a ticket says; rows are in `store`.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use patchbay_core::error::{Error, Kind};
use patchbay_core::share::{Share, Shares};
use patchbay_core::{Domain, OperationId, TenantId};
use patchbay_durable::idempotency::{Idempotency, IdempotencyKey};
use patchbay_durable::membership::{Lease, Membership};
use patchbay_rollout::Plugins;
use patchbay_runtime::contract::types::Begun;
use patchbay_runtime::{Call, Generation, OperationGuard};
use patchbay_telemetry::Metrics;
use patchbay_tenants::auth::{Auth, Permit};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::carry::OperationTask;
use super::ongoing::Ongoing;
use super::placements::Placements;
use super::progress::Progress;
use super::services::Services;
use super::{Config, Failure, Operation, Operations, Origin, Unwritten};

/// An operation that a call has begun, or that the same call began when it was sent before.
pub struct Started {
    /// For `x-operation-id`.
    pub id: OperationId,
    /// The generation that began it in this very call, the rest of which stays on it.
    pub generation: Option<Arc<Generation>>,
    pub(super) runner: Arc<Runner>,
    pub(super) tenant_id: TenantId,
    pub(super) progress: watch::Receiver<Progress>,
}

/// How an operation stood when the call stopped waiting.
#[derive(Debug, Clone)]
pub struct Settled {
    /// What it is about.
    pub resource_id: String,
    /// RFC 3339: when it ended, as the backend tells it, or else as the host saw it. Empty while it goes on.
    pub at: String,
    /// What the platform is told beside the success.
    pub message: Option<String>,
    /// Whether it has ended.
    pub done: bool,
}

impl Started {
    /// Waits until `deadline` for the end.
    ///
    /// # Errors
    /// Why the operation failed; [`Kind::Timeout`] if the plugin has not even begun by then.
    pub async fn settled(mut self, deadline: Instant) -> Result<Settled, Error> {
        let ended = self.progress.wait_for(|p| matches!(p, Progress::Done { .. } | Progress::Failed(_)));
        let told = tokio::time::timeout_at(deadline, ended).await.map(|told| told.map(drop));
        if let Ok(Err(_)) = told {
            // It is not carried here any more.
            let settled = |row: &Operation| row.failure.is_some() || row.state.ended();
            return self.runner.followed((self.tenant_id, self.id), deadline, settled).await?.try_into();
        }
        // In time or not, in the end what counts is how it stands.
        let progress = self.progress.borrow().clone();
        match progress {
            Progress::Beginning => Err(not_begun()),
            Progress::Running { resource_id } => {
                Ok(Settled { resource_id, at: String::new(), message: None, done: false })
            }
            Progress::Done { resource_id, at, message } => {
                Ok(Settled { resource_id, at, message, done: true })
            }
            Progress::Failed(failure) => Err(Error::new(failure.kind, failure.message)),
        }
    }
}

impl TryFrom<Operation> for Settled {
    type Error = Error;

    /// As its row tells.
    fn try_from(row: Operation) -> Result<Self, Error> {
        if let Some(Failure { kind, message }) = row.failure {
            return Err(Error::new(kind, message));
        }
        let (done, at) = (row.state.ended(), row.finished_at.unwrap_or_default());
        let resource_id = row.resource_id.ok_or_else(not_begun)?;
        Ok(Self { resource_id, at, message: row.message, done })
    }
}

fn not_begun() -> Error {
    Error::new(Kind::Timeout, "It has not begun yet; ask for the operation later.")
}

/// An operation's way to its end.
pub(super) type Carried = BoxFuture<'static, Result<(), Unwritten>>;

/// What begins an operation, by the call that it is given.
pub type Work = Box<dyn FnOnce(Call) -> BoxFuture<'static, Result<Begun, Error>> + Send>;

/// See the module.
pub struct Runner {
    pub(super) services: Arc<Services>,
    placements: Placements,
    pub(super) ongoing: Arc<Ongoing>,
    pub(super) watchers: Arc<Semaphore>,
    pub(super) watching: Arc<Shares<TenantId>>,
    pub(super) running: Arc<Shares<TenantId>>,
    pub(super) membership: Arc<Membership>,
    pub(super) keys: Arc<Idempotency>,
    metrics: Arc<Metrics>,
    tasks: TaskTracker,
}

impl Runner {
    /// A runner with nothing to do yet.
    #[must_use]
    pub fn new(
        store: Operations,
        keys: Arc<Idempotency>,
        membership: Arc<Membership>,
        plugins: Arc<Plugins>,
        auth: Arc<Auth>,
        metrics: Arc<Metrics>,
        config: Config,
    ) -> Arc<Self> {
        let (tasks, stop, ongoing) = (TaskTracker::new(), CancellationToken::new(), Arc::default());
        let watchers = Arc::new(Semaphore::new(config.watchers_max.min(Semaphore::MAX_PERMITS)));
        let watching = Shares::new(config.watchers_per_tenant_max);
        let running = Shares::new(config.running_per_tenant_max);
        let placements = Placements::new(store.clone(), config.placements_max);
        Arc::new(Self {
            services: Arc::new(Services { store, plugins, auth, config, stop }),
            placements,
            ongoing,
            watchers,
            watching,
            running,
            membership,
            keys,
            metrics,
            tasks,
        })
    }

    /// How long a call waits for the end of what it began.
    #[must_use]
    pub fn inline_wait(&self) -> Duration {
        Duration::from_millis(self.services.config.inline_wait_ms)
    }

    /// Begins an operation: its row is written first, so that nothing `work` makes can be lost. The work goes on
    /// when the caller does not wait. What must be done `once` is not begun where it was before.
    ///
    /// # Errors
    /// [`Kind::Exists`] where `once` has the key of another request,
    /// [`Kind::Unsupported`] when no plugin serves the domain, [`Kind::Invalid`] for a region that is not served,
    /// [`Kind::Exhausted`] when too many of the tenant's operations or calls go on, [`Kind::Busy`] when too many of
    /// everybody's do, [`Kind::Unavailable`] while this host is out of touch with the others.
    pub fn start<'a>(
        self: &'a Arc<Self>,
        permit: &'a Permit,
        of: (Domain, &'a str, &'a str),
        once: Option<&'a IdempotencyKey>,
        work: Work,
    ) -> BoxFuture<'a, Result<Started, Error>> {
        // In a box, as all that is large between two crates: otherwise each that calls it is compiled with all of it.
        Box::pin(self.begin(permit, of, once, work))
    }

    async fn begin(
        self: &Arc<Self>,
        permit: &Permit,
        (domain, region, method): (Domain, &str, &str),
        once: Option<&IdempotencyKey>,
        work: Work,
    ) -> Result<Started, Error> {
        let share = self.admit(owner(permit)?, domain)?;
        let lease = self.membership.lease().await?;
        let serving = self.services.plugins.serving(domain, region, permit.tenant_id())?;
        let store = self.services.store.of_host(lease.host());
        let origin = origin(permit, method, &serving)?;
        let operation = match once {
            None => store.begin(origin).await?,
            Some(once) => loop {
                if let Some(operation) = store.begin_once(origin.clone(), (once, &self.keys)).await? {
                    break operation;
                }
                if let Some(joined) = self.join(permit, once).await? {
                    return Ok(joined);
                }
            },
        };
        let id = operation.id;
        let hold = serving.hold();
        let generation = Some(Arc::clone(&serving));
        let work = work(Call::from(self.services.call(&operation, &lease).await?).on(serving));
        let (tell, progress) = watch::channel(Progress::Beginning);
        self.spawn(lease, operation, (Some(hold), share), tell, |carrier| Box::pin(carrier.begin(work)));
        let (runner, tenant_id) = (Arc::clone(self), owner(permit)?);
        Ok(Started { id, generation, runner, tenant_id, progress })
    }

    /// Lets one more operation of the tenant begin. A change that would be refused its place is none.
    fn admit(&self, tenant_id: TenantId, domain: Domain) -> Result<Share<TenantId>, Error> {
        let told = "Too many operations of this tenant are going on; let some of them end first.";
        let own = self.services.auth.limits().operations_max(tenant_id);
        let own = own.unwrap_or(self.services.config.running_per_tenant_max);
        let share =
            self.running.take_within(tenant_id, own).ok_or_else(|| Error::new(Kind::Exhausted, told))?;
        if self.tasks.len() >= self.services.config.running_max {
            return Err(Error::new(Kind::Busy, "Too many operations are going on; try again later."));
        }
        self.services.plugins.admits(domain, Some(tenant_id))?;
        Ok(share)
    }

    /// In which region the first of these resources is whose region is known; `None` where regions need not be told
    /// apart. What was not made here is in no region that is known.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn region_of(&self, tenant_id: TenantId, resources: &[&str]) -> Result<Option<String>, Error> {
        if !self.services.plugins.several_regions() {
            return Ok(None);
        }
        for resource in resources {
            let region = self.placements.region(tenant_id, resource).await?;
            if region.is_some() {
                return Ok(region);
            }
        }
        Ok(None)
    }

    /// From now on nothing waits here for an operation's next step: steps under way end, and whoever takes the operation
    /// up does the next one.
    pub fn rest(&self) {
        self.services.stop.cancel();
    }

    /// Rests, and lets the steps that are under way end, at most until `end`; the rest is in the database.
    pub async fn stop(&self, end: Instant) {
        self.rest();
        self.tasks.close();
        if tokio::time::timeout_at(end, self.tasks.wait()).await.is_err() {
            tracing::warn!(left = self.tasks.len(), "operations were still beginning when the host stopped");
        }
    }

    /// Carries an operation on in a task of its own, as long as the lease is not lost.
    pub(super) fn spawn(
        self: &Arc<Self>,
        lease: Arc<Lease>,
        operation: Operation,
        (hold, share): (Option<OperationGuard>, Share<TenantId>),
        tell: watch::Sender<Progress>,
        carry: impl FnOnce(OperationTask) -> Carried,
    ) {
        let span = tracing::info_span!(
            parent: None,
            "operation",
            operation = %operation.id,
            request_id = %operation.origin.request_id,
            tenant = %operation.origin.tenant_id,
        );
        let going_on = self.metrics.operations().clone();
        let entry = self.ongoing.enter(operation.id, tell.subscribe());
        let (services, store) = (Arc::clone(&self.services), self.services.store.of_host(lease.host()));
        let carrier =
            OperationTask { services, lease: Arc::clone(&lease), store, operation, hold, tell, entry };
        let carried = carry(carrier);
        let carried = async move {
            going_on.inc();
            match lease.hold(carried).await.unwrap_or_else(|lost| Err(lost.into())) {
                Ok(()) => {}
                Err(Unwritten::Lost(lost)) => tracing::warn!("{lost}"),
                Err(Unwritten::Failed(error)) => {
                    tracing::error!(error = %error.chain(), "a step is not in the database; the next start goes on from the one before");
                }
            }
            going_on.dec();
            drop(share);
        };
        self.tasks.spawn(carried.instrument(span));
    }
}

/// The tenant whose call it is.
pub(super) fn owner(permit: &Permit) -> Result<TenantId, Error> {
    permit.tenant_id().ok_or_else(|| Error::internal(anyhow::anyhow!("a call of no tenant")))
}

fn origin(permit: &Permit, method: &str, serving: &Generation) -> Result<Origin, Error> {
    Ok(Origin {
        tenant_id: owner(permit)?,
        user_id: permit.user_id().to_owned(),
        domain: serving.domain.as_str().to_owned(),
        region: serving.region.clone(),
        method: method.to_owned(),
        request_id: permit.request_id().to_owned(),
        plugin: serving.plugin.clone(),
        digest: serving.digest.as_str().to_owned(),
    })
}
