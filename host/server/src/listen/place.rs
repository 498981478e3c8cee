//! The places of a port's connections. When all are taken, or all that one address may have, a connection on which nothing
//! goes on makes room for a new one: first those that never asked for anything, the oldest before the others; then those
//! that were quiet for longest.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// How long a place is waited for before another look at who could make room.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The connections of one port.
#[derive(Default)]
struct Open {
    by_number: HashMap<u64, Arc<Presence>>,
    /// How many an address has that were not asked to leave.
    staying: HashMap<IpAddr, usize>,
}

/// All places of one port.
pub(super) struct Places {
    free: Arc<Semaphore>,
    per_address_max: usize,
    open: Arc<Mutex<Open>>,
    last: u64,
}

/// One connection's place, until it is dropped.
pub(crate) struct Place {
    presence: Arc<Presence>,
    open: Arc<Mutex<Open>>,
    number: u64,
    _taken: OwnedSemaphorePermit,
}

/// Something goes on on a connection, until this is dropped.
pub(crate) struct Busy(Arc<Presence>);

/// What goes on on a connection.
struct Presence {
    address: IpAddr,
    requests: AtomicUsize,
    used: AtomicBool,
    quiet_since: Mutex<Instant>,
    quiet: Notify,
    leave: CancellationToken,
}

impl Places {
    pub(super) fn new(connections_max: usize, per_address_max: usize) -> Self {
        let free = Arc::new(Semaphore::new(connections_max.clamp(1, Semaphore::MAX_PERMITS)));
        Self { free, per_address_max: per_address_max.max(1), open: Arc::default(), last: 0 }
    }

    /// A place for a new connection from this address. Where none is free, another one makes room; where none can, that is
    /// waited for. `None` where the address has all that it may have, and something goes on on each of them.
    pub(super) async fn take(&mut self, address: IpAddr) -> Option<Place> {
        if !lock(&self.open).admits(address, self.per_address_max) {
            return None;
        }
        let taken = loop {
            if let Ok(taken) = Arc::clone(&self.free).try_acquire_owned() {
                break taken;
            }
            self.make_room();
            if let Ok(Ok(taken)) = timeout(LOOK_AGAIN, Arc::clone(&self.free).acquire_owned()).await {
                break taken;
            }
        };
        self.last += 1;
        let (number, presence) = (self.last, Arc::new(Presence::new(address)));
        lock(&self.open).enter(number, &presence);
        Some(Place { presence, open: Arc::clone(&self.open), number, _taken: taken })
    }

    /// Asks the connection to leave that is missed least, if there is one on which nothing goes on.
    pub(super) fn make_room(&self) {
        lock(&self.open).make_room(|_| true);
    }
}

impl Open {
    fn enter(&mut self, number: u64, presence: &Arc<Presence>) {
        self.by_number.insert(number, Arc::clone(presence));
        *self.staying.entry(presence.address).or_default() += 1;
    }

    fn leave(&mut self, number: u64) {
        if let Some(presence) = self.by_number.remove(&number)
            && !presence.leave.is_cancelled()
        {
            self.forget(presence.address);
        }
    }

    fn forget(&mut self, address: IpAddr) {
        match self.staying.get_mut(&address) {
            Some(staying) if *staying > 1 => *staying -= 1,
            _ => drop(self.staying.remove(&address)),
        }
    }

    /// Whether the address may have one more, if need be instead of one that it has.
    fn admits(&mut self, address: IpAddr, max: usize) -> bool {
        let staying = self.staying.get(&address).copied().unwrap_or_default();
        staying < max || self.make_room(|presence| presence.address == address)
    }

    /// Asks one of these to leave; whether there was one.
    fn make_room(&mut self, of: impl Fn(&Presence) -> bool) -> bool {
        let quiet = self.by_number.values().filter(|presence| !presence.leave.is_cancelled() && of(presence));
        let quiet =
            quiet.filter_map(|presence| Some((presence.is_used(), presence.quiet_since()?, presence)));
        let Some((_, _, presence)) = quiet.min_by_key(|(used, since, _)| (*used, *since)) else {
            return false;
        };
        presence.leave.cancel();
        let address = presence.address;
        self.forget(address);
        true
    }
}

impl Place {
    /// Something begins on the connection.
    pub(crate) fn begin(&self) -> Busy {
        self.presence.used.store(true, Ordering::Relaxed);
        self.presence.requests.fetch_add(1, Ordering::AcqRel);
        Busy(Arc::clone(&self.presence))
    }

    /// Since when nothing has gone on; `None` while something does.
    pub(crate) fn quiet_since(&self) -> Option<Instant> {
        self.presence.quiet_since()
    }

    /// Whether anything ever went on.
    pub(crate) fn is_used(&self) -> bool {
        self.presence.is_used()
    }

    /// As soon as nothing goes on.
    pub(crate) async fn quiet(&self) {
        loop {
            let mut quiet = std::pin::pin!(self.presence.quiet.notified());
            quiet.as_mut().enable();
            if self.quiet_since().is_some() {
                return;
            }
            quiet.await;
        }
    }

    /// As soon as another connection needs the place.
    pub(crate) async fn needed(&self) {
        self.presence.leave.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.open).leave(self.number);
    }
}

impl Presence {
    fn new(address: IpAddr) -> Self {
        Self {
            address,
            requests: AtomicUsize::new(0),
            used: AtomicBool::new(false),
            quiet_since: Mutex::new(Instant::now()),
            quiet: Notify::new(),
            leave: CancellationToken::new(),
        }
    }

    fn quiet_since(&self) -> Option<Instant> {
        (self.requests.load(Ordering::Acquire) == 0).then(|| *lock(&self.quiet_since))
    }

    fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        *lock(&self.0.quiet_since) = Instant::now();
        if self.0.requests.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.quiet.notify_waiters();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
