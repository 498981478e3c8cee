//! The operations that this process carries: who waits for one is told of its steps, and can wake it. What its row says is
//! in `store`, and holds also where another process carries it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use patchbay_core::OperationId;
use tokio::sync::{Notify, watch};

use super::progress::Progress;

/// What its task tells, and what wakes that.
type Carried = (watch::Receiver<Progress>, Arc<Notify>);

/// As many as are carried at once.
#[derive(Default)]
pub(super) struct Ongoing {
    entries: Mutex<HashMap<OperationId, Carried>>,
}

/// One of them, until it is dropped.
pub(super) struct Entry {
    ongoing: Arc<Ongoing>,
    id: OperationId,
    wake: Arc<Notify>,
}

impl Ongoing {
    pub(super) fn enter(self: &Arc<Self>, id: OperationId, progress: watch::Receiver<Progress>) -> Entry {
        let wake = Arc::<Notify>::default();
        self.lock().insert(id, (progress, Arc::clone(&wake)));
        Entry { ongoing: Arc::clone(self), id, wake }
    }

    /// What changes with each of its steps after this call; `None` where it is not carried here.
    pub(super) fn progress(&self, id: OperationId) -> Option<watch::Receiver<Progress>> {
        let mut progress = self.lock().get(&id).map(|(progress, _)| progress.clone());
        progress.iter_mut().for_each(watch::Receiver::mark_unchanged);
        progress
    }

    /// Lets it be polled at once.
    pub(super) fn wake(&self, id: OperationId) {
        if let Some((_, wake)) = self.lock().get(&id) {
            wake.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OperationId, Carried>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Until it is to be polled at once.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.ongoing.lock().remove(&self.id);
    }
}
