//! What a generation is doing: calls, operations, how they ended and the memory that they take. Counted, so that an end
//! can be waited for; `publish` and `canary` of `patchbay-rollout` draw the consequences.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use patchbay_core::error::{Error, Kind};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::debt::Debt;

/// Calls that a cut names.
const NAMES_MAX: usize = 20;
/// How long calls may take to notice that they are cut off: a guest gives way at every tick.
const CUT_MAX: Duration = Duration::from_secs(1);
/// Characters that are kept of an error.
const ERROR_CHARS_MAX: usize = 500;

/// Counts of one generation.
pub(super) struct Activity {
    calls: TaskTracker,
    operations: TaskTracker,
    cut: Notify,
    /// Who was cut off, as far as they are named.
    named: Mutex<Vec<String>>,
    answered: AtomicU64,
    failed: AtomicU64,
    memory_bytes: AtomicUsize,
    last_error: Mutex<Option<String>>,
    /// To the host's own threads.
    pub(super) debt: Debt,
}

impl Default for Activity {
    fn default() -> Self {
        let (calls, operations) = (TaskTracker::new(), TaskTracker::new());
        // Closed, so that waiting ends whenever nothing is left; they count all the same.
        calls.close();
        operations.close();
        Self {
            calls,
            operations,
            cut: Notify::new(),
            named: Mutex::default(),
            answered: AtomicU64::default(),
            failed: AtomicU64::default(),
            memory_bytes: AtomicUsize::default(),
            last_error: Mutex::default(),
            debt: Debt::default(),
        }
    }
}

/// How many calls ended, and how many of them by a trap, a timeout or an internal error.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcomes {
    /// Calls that ended.
    pub answered: u64,
    /// Those of them that failed so.
    pub failed: u64,
}

impl Activity {
    /// Counts a call until the token goes.
    pub(super) fn enter(&self) -> TaskTrackerToken {
        self.calls.token()
    }

    /// Ends when calls are cut off; made before the call begins, so that no cut is missed.
    pub(super) fn cut(&self) -> Notified<'_> {
        self.cut.notified()
    }

    /// Counts an operation until the token goes.
    pub(super) fn operation(&self) -> TaskTrackerToken {
        self.operations.token()
    }

    pub(super) fn calls(&self) -> usize {
        self.calls.len()
    }

    pub(super) fn operations(&self) -> usize {
        self.operations.len()
    }

    /// Waits until no operation and no call is left.
    pub(super) async fn ended(&self) {
        self.operations.wait().await;
        // No operation, no more calls of one.
        self.calls.wait().await;
    }

    /// Ends all calls that are going on, and tells whose they were, some of them by name.
    pub(super) async fn cut_off(&self) -> (usize, Vec<String>) {
        let calls = self.calls();
        self.cut.notify_waiters();
        // Should one not notice, it goes on and is not named; a call of an operation may also have begun since.
        let _ = tokio::time::timeout(CUT_MAX, self.calls.wait()).await;
        (calls, std::mem::take(&mut *self.named.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// A call was cut off.
    pub(super) fn was_cut(&self, request_id: &str) {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if named.len() < NAMES_MAX {
            named.push(request_id.to_owned());
        }
    }

    /// A call has ended.
    pub(super) fn note<T>(&self, end: &Result<T, Error>) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        let Err(error) = end else { return };
        if matches!(error.kind(), Kind::Internal | Kind::Timeout) {
            self.failed.fetch_add(1, Ordering::Relaxed);
            let told = error.chain().chars().take(ERROR_CHARS_MAX).collect();
            *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        }
    }

    pub(super) fn outcomes(&self) -> Outcomes {
        let failed = self.failed.load(Ordering::Relaxed);
        Outcomes { answered: self.answered.load(Ordering::Relaxed), failed }
    }

    pub(super) fn last_error(&self) -> Option<String> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The linear memory of its instances.
    pub(super) fn memory_bytes(&self) -> usize {
        self.memory_bytes.load(Ordering::Relaxed)
    }
}

/// The linear memory of one instance, as a part of its generation's.
pub(super) struct MemoryCharge {
    activity: Arc<Activity>,
    bytes: usize,
}

impl MemoryCharge {
    pub(super) fn new(activity: &Arc<Activity>) -> Self {
        Self { activity: Arc::clone(activity), bytes: 0 }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn more(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.activity.memory_bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Drop for MemoryCharge {
    fn drop(&mut self) {
        self.activity.memory_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
