//! What a tenant may ask of its operations, and the one thing it may ask them to do: to be given up.

use std::sync::Arc;

use patchbay_core::OperationId;
use patchbay_core::error::{Error, Kind};
use patchbay_tenants::auth::Permit;
use tokio::time::{Instant, timeout_at};

use super::runner::owner;
use super::{Filter, Operation, Runner, State};

impl Runner {
    /// An operation of the permit's tenant.
    ///
    /// # Errors
    /// [`Kind::NotFound`]: the tenant has no such operation. [`Kind::Unavailable`]: the database does not answer.
    pub async fn get(&self, permit: &Permit, id: OperationId) -> Result<Operation, Error> {
        self.services.store.get(owner(permit)?, id).await?.ok_or_else(none)
    }

    /// A page of the tenant's operations, the newest first; `number` begins at 1.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn list(
        &self,
        permit: &Permit,
        filter: &Filter,
        (number, size): (u32, u32),
    ) -> Result<Vec<Operation>, Error> {
        self.services.store.list(owner(permit)?, filter, (number, size)).await
    }

    /// Gives an operation up, and waits until `deadline` for whoever carries it to do so. The row says so first: who
    /// carries it may be another process, or the next one.
    ///
    /// # Errors
    /// [`Kind::NotFound`]: the tenant has no such operation. [`Kind::Conflict`]: it has ended, or was whole before it
    /// could be given up. [`Kind::Unavailable`]: the database does not answer.
    pub async fn cancel(
        self: &Arc<Self>,
        permit: &Permit,
        id: OperationId,
        deadline: Instant,
    ) -> Result<Operation, Error> {
        let mut watch = self.follow(permit, id, None)?;
        let mut operation = watch.next().await?.ok_or_else(none)?;
        if !operation.cancel_requested || operation.state.ended() {
            self.services.store.request_cancel(owner(permit)?, id).await?;
            self.ongoing.wake(id);
        }
        while matches!(operation.state, State::Beginning | State::Running) {
            let next = tokio::select! {
                () = self.services.stop.cancelled() => break,
                next = timeout_at(deadline, watch.next()) => next,
            };
            let Ok(next) = next else { break };
            operation = next?.ok_or_else(none)?;
        }
        if operation.state == State::Done {
            return Err(Error::new(Kind::Conflict, "The operation was done before it could be given up."));
        }
        Ok(operation)
    }
}

/// The tenant has no such operation.
pub(super) fn none() -> Error {
    Error::new(Kind::NotFound, "There is no such operation.")
}
