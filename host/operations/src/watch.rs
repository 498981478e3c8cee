//! Following one operation: of what this process carries it is told, and of the rest it asks the database now and then.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::error::{Error, Kind};
use patchbay_core::share::Share;
use patchbay_core::{OperationId, TenantId};
use patchbay_tenants::auth::Permit;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

use super::progress::Progress;
use super::query::none;
use super::runner::owner;
use super::{Operation, Runner};

/// A tenant's operation, state by state.
pub struct Watch {
    runner: Arc<Runner>,
    tenant_id: TenantId,
    id: OperationId,
    last: Option<Operation>,
    /// Tells of its steps, while this process carries it.
    here: Option<watch::Receiver<Progress>>,
    _place: Option<Place>,
}

/// A watcher's, among everybody's and its tenant's.
type Place = (Share<TenantId>, OwnedSemaphorePermit);

impl Runner {
    /// Begins to follow an operation of the permit's tenant.
    ///
    /// # Errors
    /// [`Kind::Exhausted`] when its tenant follows too many, [`Kind::Busy`] when all together do.
    pub fn watch(self: &Arc<Self>, permit: &Permit, id: OperationId) -> Result<Watch, Error> {
        let own =
            || Error::new(Kind::Exhausted, "This tenant watches too many operations; end a watch first.");
        let full = |_| Error::new(Kind::Busy, "Too many operations are watched; try again later.");
        let share = self.watching.take(owner(permit)?).ok_or_else(own)?;
        let place = Arc::clone(&self.watchers).try_acquire_owned().map_err(full)?;
        self.follow(permit, id, Some((share, place)))
    }

    /// The same for a call, which has its place already.
    pub(super) fn follow(
        self: &Arc<Self>,
        permit: &Permit,
        id: OperationId,
        place: Option<Place>,
    ) -> Result<Watch, Error> {
        let tenant_id = owner(permit)?;
        // Before the row is read for the first time, so that no step between is missed.
        let here = self.ongoing.progress(id);
        Ok(Watch { runner: Arc::clone(self), tenant_id, id, last: None, here, _place: place })
    }
}

impl Runner {
    /// An operation of the tenant as soon as it is so far, or as it stands at `deadline`; for calls, which have their places
    /// already.
    pub(super) async fn followed(
        &self,
        (tenant_id, id): (TenantId, OperationId),
        deadline: Instant,
        so_far: impl Fn(&Operation) -> bool,
    ) -> Result<Operation, Error> {
        loop {
            let found = self.services.store.get(tenant_id, id).await?.ok_or_else(none)?;
            // A host that stops waits for nothing: the row says how it stands.
            if so_far(&found) || Instant::now() >= deadline || self.services.stop.is_cancelled() {
                return Ok(found);
            }
            let poll = Instant::now() + Duration::from_millis(self.services.config.watch_poll_ms);
            tokio::select! {
                () = self.services.stop.cancelled() => {}
                () = tokio::time::sleep_until(poll.min(deadline)) => {}
            }
        }
    }
}

impl Watch {
    /// How it stands, as soon as that is not what was given out last; `None` after its end.
    ///
    /// # Errors
    /// [`Kind::NotFound`]: the tenant has no such operation. [`Kind::Unavailable`]: the database does not answer.
    pub async fn next(&mut self) -> Result<Option<Operation>, Error> {
        if self.last.as_ref().is_some_and(|last| last.state.ended()) {
            return Ok(None);
        }
        loop {
            let found = self.runner.services.store.get(self.tenant_id, self.id).await?.ok_or_else(none)?;
            if self.last.as_ref() != Some(&found) {
                self.last = Some(found.clone());
                return Ok(Some(found));
            }
            self.changed().await;
        }
    }

    /// Until its row may have changed.
    async fn changed(&mut self) {
        match &mut self.here {
            Some(progress) => {
                if progress.changed().await.is_err() {
                    self.here = None;
                }
            }
            None => {
                tokio::time::sleep(Duration::from_millis(self.runner.services.config.watch_poll_ms)).await;
                self.here = self.runner.ongoing.progress(self.id);
            }
        }
    }
}
