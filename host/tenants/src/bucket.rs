//! Budgets that fill up again with time, one for whoever is counted. Those that are full again are forgotten. What is spent is
//! not known here.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use moka::sync::Cache;

/// How many a second, and how many at once before that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) per_second: NonZeroU32,
    pub(crate) burst: NonZeroU32,
}

impl Rate {
    /// `None` where one of them is 0.
    pub(crate) fn new(per_second: u32, burst: u32) -> Option<Self> {
        Some(Self { per_second: NonZeroU32::new(per_second)?, burst: NonZeroU32::new(burst)? })
    }

    /// How long an empty budget takes to be full.
    pub(crate) fn refill(self) -> Duration {
        Duration::from_secs(1) * self.burst.get() / self.per_second.get()
    }
}

/// See the module.
pub(crate) struct Buckets<K> {
    by_key: Cache<K, Arc<DefaultDirectRateLimiter>>,
    clock: DefaultClock,
}

impl<K: Eq + Hash + Send + Sync + 'static> Buckets<K> {
    /// At most so many are remembered, and none longer than the slowest takes to be full again.
    pub(crate) fn new(entries_max: u64, refill: Duration) -> Self {
        let idle = refill.max(Duration::from_secs(1));
        let by_key = Cache::builder().max_capacity(entries_max).time_to_idle(idle).build();
        Self { by_key, clock: DefaultClock::default() }
    }

    /// Spends one.
    ///
    /// # Errors
    /// There is none; it says when there is one again.
    pub(crate) fn take(&self, key: K, rate: Rate) -> Result<(), Duration> {
        let full = || {
            let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
            Arc::new(RateLimiter::direct_with_clock(quota, self.clock.clone()))
        };
        let empty = self.by_key.get_with(key, full).check().err();
        empty.map_or(Ok(()), |empty| Err(empty.wait_time_from(self.clock.now())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_budget_that_fills_up_again() {
        let rate = Rate::new(1, 3).unwrap();
        let buckets = Buckets::new(10, rate.refill());
        assert!((0..3).all(|_| buckets.take("a", rate).is_ok()));
        let wait = buckets.take("a", rate).unwrap_err();
        assert!(wait <= Duration::from_secs(1) && wait > Duration::ZERO, "{wait:?}");
        assert!(buckets.take("b", rate).is_ok(), "another's is another");
        assert_eq!((rate.refill(), Rate::new(0, 1), Rate::new(1, 0)), (Duration::from_secs(3), None, None));
    }

    #[test]
    fn so_many_are_remembered_and_no_more() {
        let rate = Rate::new(1, 1).unwrap();
        let buckets = Buckets::new(10, rate.refill());
        assert!((0..1_000).all(|key| buckets.take(key, rate).is_ok()));
        buckets.by_key.run_pending_tasks();
        assert!(buckets.by_key.entry_count() <= 10);
    }
}
