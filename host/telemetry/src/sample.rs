//! How many lines about refused calls go into the log. All of them are counted in the metrics; of the lines, a stranger
//! could otherwise make as many as the disk holds.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use patchbay_core::TenantId;
use patchbay_core::error::Kind;
use tokio_util::sync::CancellationToken;

/// Sources that have lines of their own; where there are more, some share theirs.
const SLOTS: usize = 256;
const INTERVAL: Duration = Duration::from_secs(1);

/// Lets so many lines a second through for each kind of refusal and each source.
#[derive(Debug)]
pub struct Sampler {
    slots: Vec<Mutex<Slot>>,
    hasher: RandomState,
    per_second: u32,
}

#[derive(Debug, Default)]
struct Slot {
    written: u32,
    left_out: u64,
    last: Option<(Kind, Option<TenantId>)>,
}

impl Sampler {
    /// One with `log.refusals_per_second`.
    #[must_use]
    pub fn new(per_second: u32) -> Arc<Self> {
        let slots = (0..SLOTS).map(|_| Mutex::default()).collect();
        Arc::new(Self { slots, hasher: RandomState::new(), per_second })
    }

    /// Whether this refusal gets a line. `source` is the tenant, where it is proven to be.
    pub fn takes(&self, kind: Kind, source: Option<TenantId>) -> bool {
        let at = self.hasher.hash_one((kind, source)) % SLOTS as u64;
        let mut slot = lock(&self.slots[at as usize]);
        if slot.written < self.per_second {
            slot.written += 1;
            return true;
        }
        slot.left_out += 1;
        slot.last = Some((kind, source));
        false
    }

    /// Says each second how many lines were left out in it, until `stop`.
    pub async fn tell(self: Arc<Self>, stop: CancellationToken) {
        let mut interval = tokio::time::interval(INTERVAL);
        while stop.run_until_cancelled(interval.tick()).await.is_some() {
            self.end_interval();
        }
        self.end_interval();
    }

    fn end_interval(&self) {
        for slot in &self.slots {
            let Slot { left_out, last, .. } = std::mem::take(&mut *lock(slot));
            let Some((kind, source)) = last else { continue };
            let tenant = source.map(tracing::field::display);
            tracing::info!(left_out, kind = kind.as_str(), tenant, "refused calls were left out of the log");
        }
    }
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_has_so_many_lines_in_an_interval() {
        let sampler = Sampler::new(3);
        let taken = |kind, source| (0..1_000).filter(|_| sampler.takes(kind, source)).count();
        let tenant = "t-0000000001".parse().ok();
        assert_eq!((taken(Kind::Unauthenticated, None), taken(Kind::Unauthenticated, None)), (3, 0));
        let left_out: u64 = sampler.slots.iter().map(|slot| lock(slot).left_out).sum();
        assert_eq!(left_out, 1_997);
        sampler.end_interval();
        assert_eq!(taken(Kind::NotFound, tenant), 3);
        sampler.end_interval();
        assert_eq!(taken(Kind::Unauthenticated, None), 3);
        assert!(!Sampler::new(0).takes(Kind::Busy, tenant));
    }
}
