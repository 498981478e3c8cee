//! Who works and who waits: the places of a domain, of which each tenant has a share. Tenants that wait take turns, so that
//! the many calls of one do not hold up the few of another. What a call does in its place is in `call`, and the book in
//! which it all stands is `queue`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use patchbay_core::Domain;
use patchbay_core::error::Error;
use patchbay_telemetry::Metrics;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::oneshot;

use super::config::Config;
use super::queue::{Entered, Party, Queue};

/// Lets so many calls of a domain work at once and so many wait. Apart for each domain: compute calls that wait
/// for a storage plugin never hold the places that it needs.
pub(super) struct ConcurrencyLimit(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue<oneshot::Sender<ConcurrencyPermit>>>,
    at_work: Gauge,
    queued: Gauge,
}

impl ConcurrencyLimit {
    pub(super) fn new(domain: Domain, config: &Config, metrics: &Metrics) -> Self {
        Self(Arc::new(Shared {
            queue: Mutex::new(Queue::new(config.into())),
            at_work: metrics.instances(domain.as_str()),
            queued: metrics.queued(domain.as_str()),
        }))
    }

    /// A place for a call, at once or after a wait in the queue. One that is a part of what was let in before, `admitted`,
    /// waits however many do.
    ///
    /// # Errors
    /// [`Kind::Exhausted`](patchbay_core::error::Kind) when the party's share of the queue is full, [`Kind::Busy`](patchbay_core::error::Kind)
    /// when the queue is.
    pub(super) async fn enter(&self, party: Party, admitted: bool) -> Result<ConcurrencyPermit, Error> {
        let mut given = None;
        let entered = self.0.lock().enter(party, admitted, || {
            let (give, place) = oneshot::channel();
            given = Some(place);
            give
        })?;
        match (entered, given) {
            (Entered::Waiting(number), Some(given)) => {
                Waiting::new(&self.0, party, number, given).placed().await
            }
            _ => Ok(ConcurrencyPermit::new(&self.0, party)),
        }
    }

    /// Whether a call of the party would be refused now, before anything is done for it.
    ///
    /// # Errors
    /// As [`ConcurrencyLimit::enter`].
    pub(super) fn admits(&self, party: Party) -> Result<(), Error> {
        self.0.lock().admits(party)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue<oneshot::Sender<ConcurrencyPermit>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call's place among those at work. Dropped, it is the next one's.
pub(super) struct ConcurrencyPermit {
    shared: Arc<Shared>,
    party: Party,
}

impl ConcurrencyPermit {
    fn new(shared: &Arc<Shared>, party: Party) -> Self {
        shared.at_work.inc();
        Self { shared: Arc::clone(shared), party }
    }
}

impl Drop for ConcurrencyPermit {
    fn drop(&mut self) {
        self.shared.at_work.dec();
        let next = self.shared.lock().leave(self.party);
        if let Some((party, give)) = next {
            // Whoever gave up meanwhile gives it back: the place that is not taken is dropped here, without the lock.
            drop(give.send(Self::new(&self.shared, party)));
        }
    }
}

/// A call in the queue; leaves it also when the caller gives up.
struct Waiting {
    shared: Arc<Shared>,
    party: Party,
    number: u64,
    given: oneshot::Receiver<ConcurrencyPermit>,
}

impl Waiting {
    fn new(
        shared: &Arc<Shared>,
        party: Party,
        number: u64,
        given: oneshot::Receiver<ConcurrencyPermit>,
    ) -> Self {
        shared.queued.inc();
        Self { shared: Arc::clone(shared), party, number, given }
    }

    async fn placed(mut self) -> Result<ConcurrencyPermit, Error> {
        (&mut self.given).await.map_err(Error::internal)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.shared.queued.dec();
        self.shared.lock().give_up(self.party, self.number);
    }
}
