//! What goes on on one connection: its requests, which are at work from their first byte of a message on, and whether it
//! was asked to leave. Who is asked is chosen in `place`.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// See the module.
pub(super) struct Presence {
    address: IpAddr,
    activity: Mutex<Activity>,
    ended: Notify,
    leave: CancellationToken,
}

struct Activity {
    /// From their headers to the end of their answers.
    requests: usize,
    /// Those of them that have a message.
    at_work: usize,
    /// There was one with a message.
    used: bool,
    /// When a request ended last; before the first, when the connection began.
    since: Instant,
    closed: bool,
    /// Once it was asked to leave: whether it takes its time.
    leaving: Option<bool>,
}

/// A request, until this is dropped.
pub(crate) struct InFlight {
    presence: Arc<Presence>,
    at_work: bool,
}

impl Presence {
    pub(super) fn new(address: IpAddr) -> Self {
        let since = Instant::now();
        let activity = Activity { requests: 0, at_work: 0, used: false, since, closed: false, leaving: None };
        let (ended, leave) = (Notify::new(), CancellationToken::new());
        Self { address, activity: Mutex::new(activity), ended, leave }
    }

    pub(super) fn address(&self) -> IpAddr {
        self.address
    }

    pub(super) fn close(&self) {
        lock(&self.activity).closed = true;
    }

    pub(super) fn quiet_since(&self) -> Option<Instant> {
        let activity = lock(&self.activity);
        (activity.requests == 0).then_some(activity.since)
    }

    pub(super) fn free_since(&self) -> Option<Instant> {
        let activity = lock(&self.activity);
        (activity.at_work == 0).then_some(activity.since)
    }

    pub(super) fn is_used(&self) -> bool {
        lock(&self.activity).used
    }

    /// Asks it to leave.
    pub(super) fn need(&self, takes_its_time: bool) {
        lock(&self.activity).leaving = Some(takes_its_time);
        self.leave.cancel();
    }

    pub(super) fn is_needed(&self) -> bool {
        self.leave.is_cancelled()
    }

    /// `None` where it was not asked to leave.
    pub(super) fn takes_its_time(&self) -> Option<bool> {
        lock(&self.activity).leaving
    }

    pub(super) async fn needed(&self) {
        self.leave.cancelled().await;
    }

    /// As soon as the last request ends, or the last one at work; from the moment of this call on.
    pub(super) fn ended(&self) -> impl Future<Output = ()> {
        self.ended.notified()
    }
}

impl InFlight {
    pub(super) fn begin(presence: &Arc<Presence>) -> Option<Self> {
        let mut activity = lock(&presence.activity);
        if activity.closed {
            return None;
        }
        activity.requests += 1;
        drop(activity);
        Some(Self { presence: Arc::clone(presence), at_work: false })
    }

    /// Its message has begun to come.
    pub(crate) fn work(&mut self) {
        if !std::mem::replace(&mut self.at_work, true) {
            let mut activity = lock(&self.presence.activity);
            activity.at_work += 1;
            activity.used = true;
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut activity = lock(&self.presence.activity);
        activity.requests -= 1;
        activity.at_work -= usize::from(self.at_work);
        activity.since = Instant::now();
        let last = activity.requests == 0 || activity.at_work == 0;
        drop(activity);
        if last {
            self.presence.ended.notify_waiters();
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
