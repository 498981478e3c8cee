//! The circuit breaker: a backend that cannot be reached is left alone for a while.
//!
//! One for each address, not for each upstream: an OpenStack upstream has a service at each of its addresses, and
//! block storage being down is no reason to refuse compute. What counts as a failure, `transport` decides; what an address
//! that never answers comes to, `failure_detector`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use failsafe::StateMachine;
use failsafe::backoff::{self, Constant};
use failsafe::failure_policy::{ConsecutiveFailures, consecutive_failures};

use super::failure_detector::{Bounds, FailureDetector};

/// The breaker of one address.
pub(super) struct Breaker {
    failures: StateMachine<ConsecutiveFailures<Constant>, ()>,
    pub(super) detector: Arc<FailureDetector>,
}

impl Breaker {
    fn new(bounds: Bounds) -> Self {
        let policy = consecutive_failures(bounds.calls, backoff::constant(bounds.open));
        Self { failures: StateMachine::new(policy, ()), detector: Arc::new(FailureDetector::new(bounds)) }
    }

    /// Whether a call that waits so long at most may be sent.
    pub(super) fn permits(&self, patience: Duration) -> bool {
        self.failures.is_call_permitted() && !self.detector.refuses(patience)
    }

    /// A whole answer came.
    pub(super) fn on_success(&self) {
        self.failures.on_success();
    }

    /// No connection, a broken one, or no answer within the upstream's own limit.
    pub(super) fn on_error(&self) {
        self.failures.on_error();
    }
}

/// The breakers of one upstream by scheme, host and port. One that nobody uses any more is forgotten.
pub(super) struct Breakers {
    by_origin: Mutex<HashMap<String, Weak<Breaker>>>,
    bounds: Bounds,
}

impl Breakers {
    /// Each opens after `bounds.calls` failures in a row, for `bounds.open`; then calls are let through again, and the
    /// first that ends decides.
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { by_origin: Mutex::default(), bounds }
    }

    /// The breaker of that address, shared by all who ask for it.
    pub(super) fn of(&self, origin: &str) -> Arc<Breaker> {
        let mut by_origin = self.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(breaker) = by_origin.get(origin).and_then(Weak::upgrade) {
            return breaker;
        }
        by_origin.retain(|_, breaker| breaker.strong_count() > 0);
        let breaker = Arc::new(Breaker::new(self.bounds));
        by_origin.insert(origin.to_owned(), Arc::downgrade(&breaker));
        breaker
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_breaker_as_long_as_it_is_used() {
        let (open, limit) = (Duration::from_secs(60), Duration::from_secs(30));
        let breakers = Breakers::new(Bounds { calls: 1, silent_min: limit, open, limit });
        let one = breakers.of("http://a");
        one.on_error();
        assert!(!breakers.of("http://a").permits(limit));
        assert!(breakers.of("http://b").permits(limit));
        drop(one);
        assert!(breakers.of("http://a").permits(limit));
        assert_eq!(breakers.by_origin.lock().unwrap().len(), 1);
    }
}
