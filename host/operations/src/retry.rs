//! Requests that are sent again under their `idempotency-key`: they join the operation that the first one began. Another
//! is begun only where that one failed for a reason that passes, and left nothing. The keys are in `patchbay_durable::idempotency`.

use std::sync::Arc;

use patchbay_core::OperationId;
use patchbay_core::error::{Error, Kind};
use patchbay_durable::idempotency::IdempotencyKey;
use patchbay_tenants::auth::Permit;
use tokio::sync::watch;
use tokio::time::Instant;

use super::progress::Progress;
use super::runner::{Started, owner};
use super::{Operation, Runner, State};

/// What a request led to when it came for the first time.
#[derive(Debug)]
pub struct First {
    /// What it began.
    pub id: OperationId,
    /// What was answered, where it was and its operation had ended well.
    pub answer: Option<Vec<u8>>,
    /// What the platform is told beside the success.
    pub message: Option<String>,
}

impl Runner {
    /// What this request of the permit's tenant led to before; `None` where it is the first.
    ///
    /// # Errors
    /// [`Kind::Exists`]: the key came with another request. [`Kind::Unavailable`]: the database does not answer.
    pub async fn first(&self, permit: &Permit, once: &IdempotencyKey) -> Result<Option<First>, Error> {
        let tenant_id = owner(permit)?;
        let Some(earlier) = self.keys.find(Some(tenant_id), once).await? else { return Ok(None) };
        let Some(id) = earlier.operation else { return Ok(None) };
        let operation = self.services.store.get(tenant_id, id).await?;
        let message = operation.and_then(|operation| operation.message);
        Ok(Some(First { id, answer: earlier.answer, message }))
    }

    /// Keeps what was answered when the operation had ended well, for those who send the request again. Where that fails
    /// they are told what the backend shows then.
    pub async fn keep_answer(&self, permit: &Permit, once: &IdempotencyKey, id: OperationId, answer: &[u8]) {
        let owner = permit.tenant_id();
        if let Err(error) = self.keys.keep((owner, once), id, answer).await {
            tracing::warn!(error = %error.chain(), "the answer is not kept for those who ask again");
        }
    }

    /// The operation that the request began before, unless that one failed, left nothing, and may be tried anew. One that
    /// is still being undone is waited for.
    ///
    /// # Errors
    /// [`Kind::Exists`]: the key came with another request. [`Kind::Unavailable`]: the database does not answer.
    pub(super) async fn join(
        self: &Arc<Self>,
        permit: &Permit,
        once: &IdempotencyKey,
    ) -> Result<Option<Started>, Error> {
        let tenant_id = owner(permit)?;
        let Some(First { id, .. }) = self.first(permit, once).await? else { return Ok(None) };
        let deadline = permit.deadline().min(Instant::now() + self.inline_wait());
        let settled = |operation: &Operation| !may_pass(operation) || operation.state != State::Abandoning;
        let found = self.followed((tenant_id, id), deadline, settled).await;
        let over = match &found {
            Ok(operation) => may_pass(operation) && operation.undone,
            Err(error) => error.kind() == Kind::NotFound,
        };
        if over {
            self.keys.give_back((Some(tenant_id), once), id).await?;
            return Ok(None);
        }
        found?;
        let progress = self.ongoing.progress(id).unwrap_or_else(|| watch::channel(Progress::Beginning).1);
        Ok(Some(Started { id, generation: None, runner: Arc::clone(self), tenant_id, progress }))
    }
}

/// Whether it failed for a reason that may be none at the next attempt. What its tenant gave up stays given up.
fn may_pass(operation: &Operation) -> bool {
    let passes = |kind: Kind| kind.retryable() || matches!(kind, Kind::Cancelled | Kind::Internal);
    !operation.cancel_requested && operation.failure.as_ref().is_some_and(|failure| passes(failure.kind))
}
