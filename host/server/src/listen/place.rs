//! The places of a port's connections. When all are taken, or all that one address may have, a connection on which nothing
//! goes on makes room for a new one: first those that never asked for anything, the oldest before the others; then those
//! that were quiet for longest. Where none can, the new one is refused: nobody waits here. What goes on on one connection
//! is in `presence`.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use super::Bounds;
use super::presence::{InFlight, Presence, lock};

/// For so many that stay one may be on its way out in peace: it is told, and its client leaves by itself.
const LEAVING_SHARE: usize = 8;

/// The connections of one port.
#[derive(Default)]
struct Open {
    by_number: HashMap<u64, Arc<Presence>>,
    all: Count,
    by_address: HashMap<IpAddr, Count>,
}

/// How many there are, from their beginning until they are gone.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    /// Those that were not asked to leave.
    staying: usize,
    /// Those that were, and take their time. Who never asked for anything goes at once, and is none of them.
    leaving: usize,
}

/// All places of one port.
pub(super) struct Places {
    bounds: Bounds,
    open: Arc<Mutex<Open>>,
    last: u64,
}

/// One connection's place, until it is dropped.
pub(crate) struct Place {
    presence: Arc<Presence>,
    open: Arc<Mutex<Open>>,
    number: u64,
}

/// How many may be leaving where so many may stay.
pub(super) fn leaving_max(staying_max: usize) -> usize {
    (staying_max / LEAVING_SHARE).max(1)
}

impl Places {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, open: Arc::default(), last: 0 }
    }

    /// A place for a new connection from this address, if need be instead of another one's. `None`: something goes on on all
    /// that there may be, or on all that the address may have; or as many as may are leaving already.
    pub(super) fn take(&mut self, address: IpAddr) -> Option<Place> {
        let mut open = lock(&self.open);
        if !open.admits(address, self.bounds) {
            return None;
        }
        self.last += 1;
        let (number, presence) = (self.last, Arc::new(Presence::new(address)));
        open.enter(number, &presence);
        Some(Place { presence, open: Arc::clone(&self.open), number })
    }

    /// Asks the connection to leave that is missed least, if there is one on which nothing goes on.
    pub(super) fn make_room(&self) {
        lock(&self.open).make_room(None, self.bounds);
    }
}

impl Open {
    /// Whether the address may have one more, if need be instead of one that is there.
    fn admits(&mut self, address: IpAddr, bounds: Bounds) -> bool {
        if self.count(address).staying >= bounds.per_address_max {
            return self.make_room(Some(address), bounds);
        }
        self.all.staying < bounds.connections_max || self.make_room(None, bounds)
    }

    /// Asks one to leave, of this address or of all; whether there was one.
    fn make_room(&mut self, of: Option<IpAddr>, bounds: Bounds) -> bool {
        let Some((used, presence)) = self.least_missed(of, bounds) else { return false };
        presence.need(used);
        self.each(presence.address(), |count| {
            count.staying -= 1;
            count.leaving += usize::from(used);
        });
        true
    }

    /// The one that can go best, and whether it was ever used.
    fn least_missed(&self, of: Option<IpAddr>, bounds: Bounds) -> Option<(bool, Arc<Presence>)> {
        let all_may = self.all.leaving < leaving_max(bounds.connections_max);
        let own_may = |address| self.count(address).leaving < leaving_max(bounds.per_address_max);
        let may_leave = |presence: &Presence| all_may && own_may(presence.address());
        let staying = self.by_number.values().filter(|presence| !presence.is_needed());
        let own = staying.filter(|presence| of.is_none_or(|address| presence.address() == address));
        let free = own.filter_map(|presence| Some((presence.is_used(), presence.free_since()?, presence)));
        let able = free.filter(|(used, _, presence)| !used || may_leave(presence));
        able.min_by_key(|(used, since, _)| (*used, *since)).map(|(used, _, one)| (used, Arc::clone(one)))
    }

    fn enter(&mut self, number: u64, presence: &Arc<Presence>) {
        self.by_number.insert(number, Arc::clone(presence));
        self.each(presence.address(), |count| count.staying += 1);
    }

    fn leave(&mut self, number: u64) {
        let Some(presence) = self.by_number.remove(&number) else { return };
        let takes_its_time = presence.takes_its_time();
        self.each(presence.address(), |count| match takes_its_time {
            None => count.staying -= 1,
            Some(counted) => count.leaving -= usize::from(counted),
        });
    }

    fn count(&self, address: IpAddr) -> Count {
        self.by_address.get(&address).copied().unwrap_or_default()
    }

    /// Changes both counts of which the address is a part.
    fn each(&mut self, address: IpAddr, change: impl Fn(&mut Count)) {
        change(&mut self.all);
        let own = self.by_address.entry(address).or_default();
        change(own);
        if own.staying + own.leaving == 0 {
            self.by_address.remove(&address);
        }
    }
}

impl Place {
    /// A request begins; `None` once there should be no more of them.
    pub(crate) fn begin(&self) -> Option<InFlight> {
        InFlight::begin(&self.presence)
    }

    /// From now on no request begins.
    pub(crate) fn close(&self) {
        self.presence.close();
    }

    /// Since when there has been no request; `None` while there is one.
    pub(crate) fn quiet_since(&self) -> Option<Instant> {
        self.presence.quiet_since()
    }

    /// Since when nothing has been at work: a request whose message has not come is not.
    pub(crate) fn free_since(&self) -> Option<Instant> {
        self.presence.free_since()
    }

    /// Whether there ever was a request with a message.
    pub(crate) fn is_used(&self) -> bool {
        self.presence.is_used()
    }

    /// As soon as the last request ends, or the last one at work; from the moment of this call on.
    pub(crate) fn ended(&self) -> impl Future<Output = ()> {
        self.presence.ended()
    }

    /// As soon as another connection needs the place.
    pub(crate) async fn needed(&self) {
        self.presence.needed().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.open).leave(self.number);
    }
}
