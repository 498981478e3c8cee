//! What the audit trail says of a call: who asked for what, on what, from where, and what came of it. When that is written is in
//! `handle`; reads are not written, but for those that are refused.

use std::sync::{Arc, PoisonError};

use patchbay_core::error::{Error, Kind as Failure};
use patchbay_core::{OperationId, TenantId};
use patchbay_database::now_ms;
use patchbay_durable::audit::{Actor, Audit, Entry, Kind, Record};
use patchbay_tenants::auth::{Claim, Identity};

use super::context::RpcContext;
use super::outcome::{Answer, Failed, Outcome};

/// Who asks, on whose behalf, and what for.
pub(super) struct Asked {
    actor: Actor,
    name: String,
    user_id: String,
    named: Vec<String>,
}

impl Asked {
    /// A tenant, whose claim is proven where nothing else is said.
    pub(super) fn by_tenant(claim: &Claim<'_>) -> Self {
        // What is no id may be anything, a key that is at the wrong place too.
        let id: Option<TenantId> = claim.tenant_id.parse().ok();
        let named = claim.resources.iter().map(|id| (*id).to_owned()).collect();
        let (actor, user_id) = (Actor::Tenant, claim.platform_userid.to_owned());
        Self { actor, name: id.map(|id| id.to_string()).unwrap_or_default(), user_id, named }
    }

    /// An operator.
    pub(super) fn by_operator(identity: &Identity, named: Vec<String>) -> Self {
        let name = identity.name().to_string();
        Self { actor: Actor::Operator, name, user_id: String::new(), named }
    }

    /// Somebody of whom nothing is known.
    pub(super) fn by_nobody(named: Vec<String>) -> Self {
        Self { actor: Actor::Nobody, name: String::new(), user_id: String::new(), named }
    }

    fn record(self, kind: Kind, context: &RpcContext) -> Record {
        let Self { actor, name, user_id, named } = self;
        Record {
            number: 0,
            at_ms: now_ms(),
            kind,
            actor,
            name,
            user_id,
            peer: context.peer.map(|peer| peer.ip().to_string()).unwrap_or_default(),
            action: context.rpc.path.to_owned(),
            named,
            outcome: String::new(),
            message: String::new(),
            request_id: context.request_id.clone(),
            operation_id: String::new(),
            plugin: String::new(),
            digest: String::new(),
        }
    }
}

/// Writes down that a credential was refused, or is not enough; what else goes wrong before a call begins is no business of the
/// trail's.
pub(super) async fn refused(audit: &Audit, context: &RpcContext, mut asked: Asked, error: &Error) {
    match error.kind() {
        Failure::Unauthenticated => asked.actor = Actor::Nobody,
        Failure::Denied => {}
        _ => return,
    }
    let (outcome, message) = (error.kind().as_str().to_owned(), error.message().to_owned());
    let record = asked.record(Kind::Refusal, context);
    audit.note(Record { outcome, message, ..record }).await;
}

/// Takes a place for what is to be written of a change; none for what changes nothing.
///
/// # Errors
/// Too many changes are under way.
pub(super) fn enter(
    audit: &Audit,
    context: &RpcContext,
    asked: impl FnOnce() -> Asked,
) -> Result<Option<Entry>, Error> {
    if !context.rpc.changes {
        return Ok(None);
    }
    audit.enter(asked().record(Kind::Change, context)).map(Some)
}

/// Writes how it ended, and is that end. No success is told that cannot be written; a failure is told in its own words.
pub(super) async fn ended<R>(entry: Option<Entry>, context: &RpcContext, outcome: Outcome<R>) -> Outcome<R> {
    let Some(entry) = entry else { return outcome };
    let operation = outcome.as_ref().map_or_else(|failed| failed.operation, |answer| answer.operation);
    let end = End::of(&outcome, operation, context);
    let written = entry.end(|record| end.tell(record)).await;
    match (written, outcome) {
        (Err(error), Ok(_)) => Err(Failed { operation, ..error.into() }),
        (_, outcome) => outcome,
    }
}

/// What is known of a change when it has ended.
struct End {
    outcome: &'static str,
    message: String,
    operation: Option<OperationId>,
    /// As "nas-manila@531e90b73e36"; empty where no plugin was asked.
    label: Arc<str>,
    found: Vec<String>,
}

impl End {
    fn of<R>(outcome: &Outcome<R>, operation: Option<OperationId>, context: &RpcContext) -> Self {
        let (outcome, message) = match outcome {
            Ok(Answer { operation: Some(_), done: false, .. }) => ("accepted", ""),
            Ok(_) => ("ok", ""),
            Err(failed) => (failed.error.kind().as_str(), failed.error.message()),
        };
        let found = std::mem::take(&mut *context.found.lock().unwrap_or_else(PoisonError::into_inner));
        let label = context.served.get().cloned().unwrap_or_default();
        Self { outcome, message: message.to_owned(), operation, label, found }
    }

    fn tell(self, record: &mut Record) {
        let (plugin, digest) = self.label.split_once('@').unwrap_or((&self.label, ""));
        (record.plugin, record.digest) = (plugin.to_owned(), digest.to_owned());
        (record.outcome, record.message) = (self.outcome.to_owned(), self.message);
        record.operation_id = self.operation.map(|id| id.to_string()).unwrap_or_default();
        record.named.extend(self.found);
    }
}
