//! Calls that change something: each is an operation, begun by one plugin call and waited for as long as the caller
//! may. What is changed is in the domains' files; `patchbay-operations` carries the operation on.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::OperationId;
use patchbay_core::error::Error;
use patchbay_operations::{Settled, Work};
use patchbay_runtime::contract::types::Begun;
use patchbay_runtime::{Body, Call, Routed};
use tokio::time::Instant;

use super::Api;
use super::context::TenantCall;
use super::outcome::{Answer, Failed, Outcome};

/// A change as it stood when the wait for it was over. What is answered goes through it, so that the caller is told of the
/// operation however the rest of the call ends.
pub(super) struct Changed {
    operation: OperationId,
    settled: Settled,
    /// Reads what was changed, on the generation that began the change: another plugin may have taken over and not know what
    /// was made.
    read: Call,
}

impl Changed {
    /// Whether it has ended.
    pub(super) fn is_done(&self) -> bool {
        self.settled.done
    }

    /// Answered with what was changed, as the backend shows it now.
    pub(super) async fn shown<R>(
        self,
        show: impl AsyncFnOnce(Call, String) -> Result<R, Error>,
    ) -> Outcome<R> {
        let Self { operation, settled, read } = self;
        let (note, done) = (note(&settled), settled.done);
        let reply = show(read, settled.resource_id).await.map_err(|error| Failed::of(operation, error))?;
        Ok(Answer { reply, note, operation: Some(operation), done, wait: None })
    }

    /// Answered with the resource's id and the time of the end, which is empty while it goes on.
    pub(super) fn told<R>(self, reply: impl FnOnce(String, String) -> R) -> Answer<R> {
        let Self { operation, settled, .. } = self;
        let (note, done) = (note(&settled), settled.done);
        let reply = reply(settled.resource_id, settled.at);
        Answer { reply, note, operation: Some(operation), done, wait: None }
    }
}

fn note(settled: &Settled) -> Option<String> {
    if settled.done {
        return settled.message.clone();
    }
    Some("Accepted; the operation in x-operation-id goes on.".to_owned())
}

impl Api {
    /// Begins a change with a function of the service `S`, in the region or, where that is empty, the domain's
    /// first, and tells how the operation stood when the wait was over.
    pub(super) async fn change<S: Routed>(
        &self,
        call: &TenantCall,
        region: &str,
        begin: impl Body<S, Begun>,
    ) -> Result<Changed, Failed> {
        let (plugins, served) = (Arc::clone(&self.plugins), Arc::clone(&call.context.served));
        let of = (S::DOMAIN, call.region(region), call.context.rpc.path);
        let work: Work = Box::new(move |step| {
            Box::pin(async move { plugins.call::<S, _>(step.served_by(&served), begin).await })
        });
        let started = self.operations.start(&call.permit, of, call.once.as_ref(), work).await?;
        let (operation, read) = (started.id, call.read(region));
        let read = match &started.generation {
            Some(generation) => read.on(Arc::clone(generation)),
            None => read,
        };
        let settled = started.settled(self.answer_by(call)).await;
        let settled = settled.map_err(|error| Failed::of(operation, error))?;
        Ok(Changed { operation, settled, read })
    }

    /// Until when a call may wait for an operation.
    pub(super) fn answer_by(&self, call: &TenantCall) -> Instant {
        let (deadline, margin) = (call.context.deadline, Duration::from_millis(self.config.answer_margin_ms));
        let answer_by = deadline.checked_sub(margin).unwrap_or(deadline);
        answer_by.min(Instant::now() + self.operations.inline_wait())
    }
}
