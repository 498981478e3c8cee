//! Carries operations on to their end: one task for each, from the plugin's first answer through its tickets, or
//! through the undoing of what it made. What a ticket says is the plugin's affair, how a row looks is `store`'s.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::carry::Carrier;
use super::{Failure, Operation, OperationId, Operations, Origin};
use crate::auth::{Auth, Permit};
use crate::error::{Error, Kind};
use crate::plugin::contract::types::Begun;
use crate::plugin::{Call, Domain, Generation, Hold, Plugins};
use crate::telemetry::Metrics;
use crate::tenant::TenantId;

/// How operations are carried on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How long a call waits for the end of what it began before it answers with how things stand, in milliseconds.
    pub inline_wait_ms: u64,
    /// The first wait between two polls, in milliseconds; each is half as long again as the one before.
    pub poll_ms_min: u64,
    /// The longest wait between two polls, in milliseconds.
    pub poll_ms_max: u64,
    /// How long an operation may go on before it is abandoned, in milliseconds.
    pub lifetime_ms_max: u64,
    /// How long the host goes on looking for what a broken-off call made, in milliseconds: a backend may still be
    /// acting on a request whose answer was lost.
    pub settle_ms: u64,
    /// Operations that may go on at once.
    pub running_max: usize,
    /// Polls in a row that may fail by a defect before the operation is abandoned.
    pub defects_max: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            inline_wait_ms: 20_000,
            poll_ms_min: 200,
            poll_ms_max: 5_000,
            lifetime_ms_max: 3_600_000,
            settle_ms: 10_000,
            running_max: 10_000,
            defects_max: 5,
        }
    }
}

/// How an operation stands, for those who wait for it.
#[derive(Debug, Clone)]
pub(super) enum Progress {
    Beginning,
    Running { resource_id: String },
    Done { resource_id: String, at: String, message: Option<String> },
    Failed(Failure),
}

/// An operation that a call has begun.
pub struct Started {
    /// For `x-operation-id`.
    pub id: OperationId,
    /// The generation that began it, which the rest of the same call stays on.
    pub generation: Arc<Generation>,
    progress: watch::Receiver<Progress>,
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
        // In time or not, in the end what counts is how it stands.
        let _ = tokio::time::timeout_at(deadline, ended).await;
        let progress = self.progress.borrow().clone();
        match progress {
            Progress::Beginning => {
                Err(Error::new(Kind::Timeout, "It has not begun yet; ask for the operation later."))
            }
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

/// An operation's way to its end.
type Carried = futures::future::BoxFuture<'static, ()>;

/// See the module.
pub struct Runner {
    pub(super) store: Operations,
    pub(super) plugins: Arc<Plugins>,
    pub(super) config: Config,
    pub(super) stop: CancellationToken,
    auth: Arc<Auth>,
    metrics: Arc<Metrics>,
    tasks: TaskTracker,
}

impl Runner {
    /// A runner with nothing to do yet.
    #[must_use]
    pub fn new(
        store: Operations,
        plugins: Arc<Plugins>,
        auth: Arc<Auth>,
        metrics: Arc<Metrics>,
        config: Config,
    ) -> Arc<Self> {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        Arc::new(Self { store, plugins, auth, metrics, config, tasks, stop })
    }

    /// How long a call waits for the end of what it began.
    #[must_use]
    pub fn inline_wait(&self) -> Duration {
        Duration::from_millis(self.config.inline_wait_ms)
    }

    /// Begins an operation: its row is written first, so that nothing `work` makes can be lost. The work goes on
    /// when the caller does not wait.
    ///
    /// # Errors
    /// [`Kind::Unsupported`] when no plugin serves the domain, [`Kind::Invalid`] for a region that is not served,
    /// [`Kind::Busy`] when too many operations go on.
    pub async fn start<F>(
        self: &Arc<Self>,
        permit: &Permit,
        (domain, region, method): (Domain, &str, &str),
        work: impl FnOnce(Call) -> F,
    ) -> Result<Started, Error>
    where
        F: Future<Output = Result<Begun, Error>> + Send + 'static,
    {
        if self.tasks.len() >= self.config.running_max {
            return Err(Error::new(Kind::Busy, "Too many operations are going on; try again later."));
        }
        let serving = self.plugins.serving(domain, region, permit.tenant_id())?;
        let operation = self.store.begin(origin(permit, method, &serving)?).await?;
        let id = operation.id;
        let hold = Hold::by(Arc::clone(&serving));
        let generation = Arc::clone(&serving);
        let work = work(Call { on: Some(serving), ..self.call(&operation).await? });
        let (tell, progress) = watch::channel(Progress::Beginning);
        self.spawn(operation, Some(hold), tell, |carrier| Box::pin(carrier.begin(work)));
        Ok(Started { id, generation, progress })
    }

    /// In which region the first of these resources is whose region is known; `None` where regions need not be told
    /// apart. What was not made here is in no region that is known.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn region_of(&self, tenant_id: TenantId, resources: &[&str]) -> Result<Option<String>, Error> {
        if !self.plugins.several_regions() {
            return Ok(None);
        }
        for resource in resources {
            let region = self.store.placed(tenant_id, resource).await?;
            if region.is_some() {
                return Ok(region);
            }
        }
        Ok(None)
    }

    /// Takes up every operation that an earlier process left unfinished.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn resume(self: &Arc<Self>) -> Result<(), Error> {
        for operation in self.store.unfinished().await? {
            tracing::info!(operation = %operation.id, state = operation.state.word(), "taken up again");
            let (tell, _) = watch::channel(Progress::Beginning);
            self.spawn(operation, None, tell, |carrier| Box::pin(carrier.take_up()));
        }
        Ok(())
    }

    /// Lets what has not got a ticket yet get one, at most for `bound`; the rest is in the database.
    pub async fn stop(&self, bound: Duration) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(bound, self.tasks.wait()).await.is_err() {
            tracing::warn!(left = self.tasks.len(), "operations were still beginning when the host stopped");
        }
    }

    /// Carries an operation on in a task of its own.
    fn spawn(
        self: &Arc<Self>,
        operation: Operation,
        hold: Option<Hold>,
        tell: watch::Sender<Progress>,
        carry: impl FnOnce(Carrier) -> Carried,
    ) {
        let span = tracing::info_span!(
            parent: None,
            "operation",
            operation = %operation.id,
            request_id = %operation.origin.request_id,
            tenant = %operation.origin.tenant_id,
        );
        let going_on = self.metrics.operations().clone();
        let carried = carry(Carrier { runner: Arc::clone(self), operation, hold, tell });
        self.tasks.spawn(async move {
            going_on.inc();
            carried.instrument(span).await;
            going_on.dec();
        });
    }

    /// What a plugin is called with on behalf of an operation: the tenant's authority, time for one call.
    pub(super) async fn call(&self, operation: &Operation) -> Result<Call, Error> {
        let deadline = Instant::now() + self.plugins.call_time();
        let origin = &operation.origin;
        let permit =
            self.auth.resume(origin.tenant_id, &origin.user_id, &origin.request_id, deadline).await?;
        let mut call = Call::new(permit).of_operation(&operation.id.to_string());
        call.region.clone_from(&origin.region);
        Ok(call)
    }
}

fn origin(permit: &Permit, method: &str, serving: &Generation) -> Result<Origin, Error> {
    let tenant_id = permit.tenant_id();
    Ok(Origin {
        tenant_id: tenant_id.ok_or_else(|| Error::internal(anyhow::anyhow!("a call of no tenant")))?,
        user_id: permit.user_id().to_owned(),
        domain: serving.domain.word().to_owned(),
        region: serving.region.clone(),
        method: method.to_owned(),
        request_id: permit.request_id().to_owned(),
        plugin: serving.plugin.clone(),
        digest: serving.digest.as_str().to_owned(),
    })
}
