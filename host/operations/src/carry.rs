//! One operation's way to its end: begun, polled ticket by ticket, and undone when it fails. Each step is in the
//! database before the next is taken, so that another process can go on from there.

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use futures::future::BoxFuture;
use jiff::Timestamp;
use patchbay_core::error::{Error, Kind};
use patchbay_core::{Digest, Domain, text};
use patchbay_durable::journal::OrphanedResource;
use patchbay_durable::membership::Lease;
use patchbay_proto::{Effect, Rpc};
use patchbay_runtime::OperationGuard;
use patchbay_runtime::contract::common::exports::patchbay::host::operation::{
    Finished, Pending, Progress as Polled,
};
use patchbay_runtime::contract::types::Begun;
use tokio::sync::watch;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::ongoing::Entry;
use super::progress::Progress;
use super::services::Services;
use super::{Failure, Operation, Operations, Origin, State, Unwritten};

/// How often a write to the database is tried again that fails by a defect, before the operation is left to the next start
/// of the host. What cannot be written only for now, as on a full disk, is tried until it can.
const WRITES_MAX: usize = 8;
/// The first and the longest wait between two attempts: so soon after the database is well again its operations go on.
const WRITE_WAIT: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// The longest time of an end that a plugin tells, as the database has room for.
const TIME_BYTES_MAX: usize = 40;

/// Carries one operation.
pub(super) struct OperationTask {
    pub(super) services: Arc<Services>,
    pub(super) lease: Arc<Lease>,
    /// As the host that carries it.
    pub(super) store: Operations,
    pub(super) operation: Operation,
    /// Who goes on with it; nobody yet where an earlier process began it.
    pub(super) hold: Option<OperationGuard>,
    pub(super) tell: watch::Sender<Progress>,
    pub(super) entry: Entry,
}

/// A step that goes into the database.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    About(&'a str),
    /// Its region is worth remembering.
    Placed(&'a str),
    /// It is gone.
    Displaced(&'a str),
    Running(&'a Pending),
    Abandoning(&'a Failure),
    Done(&'a str, Option<&'a str>),
    /// And what of it is left, where not all was undone.
    Failed(&'a Failure, Option<&'a [OrphanedResource]>),
}

/// What one poll of the plugin gave.
enum Look {
    Again,
    Finished(Finished),
    Failed(Error),
}

impl OperationTask {
    /// From the plugin's first answer on.
    ///
    /// # Errors
    /// Another host carries it now, or it has ended, and nobody knows of whom here; or the database does not take a step,
    /// and the operation stays as it was before that one.
    pub(super) async fn begin(
        mut self,
        work: BoxFuture<'static, Result<Begun, Error>>,
    ) -> Result<(), Unwritten> {
        let begun = match work.await {
            Ok(begun) if text::is_id(&begun.resource_id) => begun,
            Ok(_) => {
                let error =
                    Error::internal(anyhow::anyhow!("the plugin calls its resource by what is no id"));
                return self.fail(&error).await;
            }
            Err(error) => return self.fail(&error).await,
        };
        self.operation.resource_id = Some(begun.resource_id.clone());
        self.write(Step::About(&begun.resource_id)).await?;
        let tells_its_region =
            Domain::from_word(&self.operation.origin.domain).is_some_and(Domain::ids_tell_regions);
        if tells_its_region && self.services.plugins.several_regions() {
            self.write(Step::Placed(&begun.resource_id)).await?;
        }
        match begun.ticket {
            None => self.done(Finished { at: None, message: None }).await,
            Some(ticket) => {
                self.tell.send_replace(Progress::Running { resource_id: begun.resource_id });
                let first = Pending { ticket, state: "begun".into(), percent: None };
                self.note(first).await?;
                self.poll().await
            }
        }
    }

    /// From where an earlier process left it.
    ///
    /// # Errors
    /// As [`OperationTask::begin`].
    pub(super) async fn take_up(mut self) -> Result<(), Unwritten> {
        match (self.operation.state, self.operation.failure.clone()) {
            (State::Running, _) => self.poll().await,
            (State::Abandoning, Some(failure)) => self.undo(failure, true).await,
            _ => {
                let error =
                    Error::new(Kind::Cancelled, "The host stopped while this was beginning; it was undone.");
                self.fail(&error).await
            }
        }
    }

    async fn poll(&mut self) -> Result<(), Unwritten> {
        let mut pace = Backoff::new(&self.services);
        while pace.wait(&self.services, &self.entry).await {
            let look = if self.too_old().await {
                Look::Failed(Error::new(Kind::Timeout, "It took longer than an operation may."))
            } else if self.is_cancelled().await {
                Look::Failed(Error::new(Kind::Cancelled, "It was cancelled."))
            } else {
                self.poll_once(&mut pace, false).await?
            };
            match look {
                Look::Again => {}
                Look::Finished(finished) => return self.done(finished).await,
                Look::Failed(error) => return self.fail(&error).await,
            }
        }
        Ok(())
    }

    /// Tells those who wait why it failed, and undoes what it made.
    async fn fail(&mut self, error: &Error) -> Result<(), Unwritten> {
        tracing::warn!(method = %self.operation.origin.method, error = %error.chain(), "the operation failed");
        let failure = Failure::from(error);
        self.write(Step::Abandoning(&failure)).await?;
        self.tell.send_replace(Progress::Failed(failure.clone()));
        let broken_off =
            matches!(error.kind(), Kind::Cancelled | Kind::Timeout | Kind::Unavailable | Kind::Internal);
        self.undo(failure, broken_off).await
    }

    /// Calls `abandon` until nothing is left; `broken_off`: the backend may still be acting on a lost request, so
    /// what is gone now may yet appear.
    async fn undo(&mut self, mut failure: Failure, broken_off: bool) -> Result<(), Unwritten> {
        if !self.may_have_made() {
            return self.write(Step::Failed(&failure, None)).await;
        }
        let config = &self.services.config;
        let settle = if broken_off { config.settle_ms } else { 0 };
        let settled = Instant::now() + Duration::from_millis(settle);
        // Not by the operation's own age, which may be why it failed.
        let given_up = Instant::now() + Duration::from_millis(config.lifetime_ms_max);
        let mut pace = Backoff::new(&self.services);
        let undone = loop {
            match self.poll_once(&mut pace, true).await? {
                Look::Finished(_) if Instant::now() >= settled => break true,
                Look::Finished(_) => {}
                Look::Again if Instant::now() < given_up => {}
                Look::Failed(error) => {
                    failure.message =
                        format!("{} What it made may be left: {}", failure.message, error.message());
                    break false;
                }
                _ => {
                    failure.message.push_str(" What it made may be left: undoing it took too long.");
                    break false;
                }
            }
            if !pace.wait(&self.services, &self.entry).await {
                return Ok(());
            }
        };
        let left = if undone { None } else { Some(self.left().await) };
        self.write(Step::Failed(&failure, left.as_deref())).await?;
        if let Some(left) = left {
            self.tell_left(&failure, &left);
        }
        Ok(())
    }

    /// What it made and could not undo, as far as the journal knows it.
    async fn left(&self) -> Vec<OrphanedResource> {
        let journal = self.services.plugins.journal();
        let again = ExponentialBuilder::default().with_jitter().with_max_times(WRITES_MAX);
        let left = (|| journal.left_by(self.operation.id)).retry(again).await;
        left.unwrap_or_else(|error| {
            tracing::error!(error = %error.chain(), "what the operation left is not known");
            Vec::new()
        })
    }

    /// For the operator, who has to remove it.
    fn tell_left(&self, failure: &Failure, left: &[OrphanedResource]) {
        let Operation { id, origin, .. } = &self.operation;
        let left: Vec<_> = left.iter().map(ToString::to_string).collect();
        let left =
            if left.is_empty() { "nothing that is known by its id".to_owned() } else { left.join(", ") };
        let told = format!("{id} of {} left {left}: {}", origin.tenant_id, failure.message);
        tracing::error!(left, "the operation could not be undone");
        if let Some(domain) = Domain::from_word(&origin.domain) {
            self.services.plugins.left_behind((domain, &origin.region), told);
        }
    }

    /// One call of `poll` or `abandon`, and what it means.
    async fn poll_once(&mut self, pace: &mut Backoff, abandon: bool) -> Result<Look, Unwritten> {
        Ok(match self.ask(abandon).await {
            Ok(Polled::Finished(finished)) => Look::Finished(finished),
            Ok(Polled::Pending(pending)) => {
                pace.answered();
                if self.operation.ticket.as_ref() != Some(&pending.ticket) {
                    pace.quick(&self.services);
                    self.note(pending).await?;
                }
                Look::Again
            }
            Err(error) if pace.forgives(&error, &self.services, abandon) => {
                tracing::info!(error = %error.chain(), "the operation is looked at again later");
                Look::Again
            }
            Err(error) => Look::Failed(error),
        })
    }

    async fn ask(&mut self, abandon: bool) -> Result<Polled, Error> {
        let call = self.services.call(&self.operation, &self.lease).await?;
        let origin = &self.operation.origin;
        let domain = Domain::from_word(&origin.domain)
            .ok_or_else(|| Error::internal(anyhow::anyhow!("the operation's domain is {}", origin.domain)))?;
        let began = (origin.plugin.as_str(), &Digest::from_hex(&origin.digest));
        let plugins = &self.services.plugins;
        let hold = plugins.hold((domain, &origin.region), began, self.hold.take())?;
        let hold = self.hold.insert(hold);
        let ticket = self.operation.ticket.clone();
        let answer = plugins.call_held(hold, call, move |at, operation, context| {
            Box::pin(async move {
                match (abandon, ticket) {
                    (false, Some(ticket)) => operation.call_poll(at, context, ticket).await,
                    (_, ticket) => operation.call_abandon(at, context, ticket).await,
                }
            })
        });
        answer.await
    }

    async fn note(&mut self, mut pending: Pending) -> Result<(), Unwritten> {
        self.operation.ticket = Some(pending.ticket.clone());
        pending.state = text::sanitized(&pending.state, text::WORD_BYTES_MAX);
        self.write(Step::Running(&pending)).await
    }

    async fn done(&mut self, Finished { at, message }: Finished) -> Result<(), Unwritten> {
        let at =
            at.map_or_else(|| format!("{:.0}", Timestamp::now()), |at| text::sanitized(&at, TIME_BYTES_MAX));
        let message = message.map(|message| text::sanitized(&message, text::MESSAGE_BYTES_MAX));
        self.write(Step::Done(&at, message.as_deref())).await?;
        let resource_id = self.operation.resource_id.clone().unwrap_or_default();
        if self.effect() == Some(Effect::Deletes) && self.services.plugins.several_regions() {
            self.write(Step::Displaced(&resource_id)).await?;
        }
        tracing::info!(method = %self.operation.origin.method, resource = %resource_id, "done");
        self.tell.send_replace(Progress::Done { resource_id, at, message });
        Ok(())
    }

    /// Writes a step, again and again. What cannot be written is not done either, and nobody is told of it: who takes the
    /// operation up at the next start goes on from the step before.
    async fn write(&self, step: Step<'_>) -> Result<(), Unwritten> {
        let again = ExponentialBuilder::default().with_jitter();
        let again = again.with_min_delay(WRITE_WAIT.0).with_max_delay(WRITE_WAIT.1);
        let mut defects = 0;
        let worth_it = |unwritten: &Unwritten| match unwritten {
            Unwritten::Lost(_) => false,
            Unwritten::Failed(error) if error.kind() == Kind::Unavailable => {
                !self.services.stop.is_cancelled()
            }
            Unwritten::Failed(_) => {
                defects += 1;
                defects <= WRITES_MAX
            }
        };
        let written = (|| self.write_once(step)).retry(again.without_max_times()).when(worth_it).await;
        written.inspect_err(|unwritten| tracing::debug!(?step, %unwritten, "the step is not written"))?;
        // Whoever watches reads the row now.
        self.tell.send_modify(|_| ());
        Ok(())
    }

    async fn write_once(&self, step: Step<'_>) -> Result<(), Unwritten> {
        let (id, store) = (self.operation.id, &self.store);
        let Origin { tenant_id, region, .. } = &self.operation.origin;
        match step {
            Step::About(resource_id) => store.set_resource(id, resource_id).await,
            Step::Placed(resource_id) => Ok(store.place(*tenant_id, resource_id, region).await?),
            Step::Displaced(resource_id) => Ok(store.displace(*tenant_id, resource_id).await?),
            Step::Running(next) => store.running(id, &next.ticket, &next.state, next.percent).await,
            Step::Abandoning(failure) => store.abandoning(id, failure).await,
            Step::Done(at, message) => store.end_done(id, at, message).await,
            Step::Failed(failure, left) => store.end_failed(id, failure, left).await,
        }
    }

    /// Whether there may be something to undo. Without a ticket that is what a create may have made: whatever else a plugin
    /// makes, it has a ticket kept before. Of an RPC that only another version knows nobody can say, and undoing looks.
    fn may_have_made(&self) -> bool {
        self.operation.ticket.is_some() || matches!(self.effect(), Some(Effect::Creates) | None)
    }

    /// What its RPC does to its resource; none where this version does not know that RPC.
    fn effect(&self) -> Option<Effect> {
        Rpc::of(&self.operation.origin.method).map(|rpc| rpc.effect)
    }

    /// Whether the tenant wants it given up, as far as the database tells.
    async fn is_cancelled(&self) -> bool {
        self.services.store.cancel_requested(self.operation.id).await.unwrap_or(false)
    }

    /// Whether its time is over, as far as the database tells.
    async fn too_old(&self) -> bool {
        let age = self.services.store.age_ms(self.operation.id).await.unwrap_or(0);
        age > self.services.config.lifetime_ms_max
    }
}
