//! The circuit breaker: a backend that cannot be reached is left alone for a while.
//!
//! One for each address, not for each upstream: an OpenStack upstream has a service at each of its addresses, and
//! block storage being down is no reason to refuse compute. What counts as a failure, `transport` decides.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use failsafe::StateMachine;
use failsafe::backoff::{self, Constant};
use failsafe::failure_policy::{ConsecutiveFailures, consecutive_failures};

/// The breaker of one address.
pub(super) type Breaker = StateMachine<ConsecutiveFailures<Constant>, ()>;

/// The breakers of one upstream by scheme, host and port. One that nobody uses any more is forgotten.
pub(super) struct Breakers {
    by_origin: Mutex<HashMap<String, Weak<Breaker>>>,
    failures: u32,
    open: Duration,
}

impl Breakers {
    /// Each opens after so many failures in a row, for so long; then calls are let through again, and the first that
    /// ends decides.
    pub(super) fn new(failures: u32, open: Duration) -> Self {
        Self { by_origin: Mutex::default(), failures, open }
    }

    /// The breaker of that address, shared by all who ask for it.
    pub(super) fn of(&self, origin: &str) -> Arc<Breaker> {
        let mut by_origin = self.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(breaker) = by_origin.get(origin).and_then(Weak::upgrade) {
            return breaker;
        }
        by_origin.retain(|_, breaker| breaker.strong_count() > 0);
        let breaker = Arc::new(self.closed());
        by_origin.insert(origin.to_owned(), Arc::downgrade(&breaker));
        breaker
    }

    fn closed(&self) -> Breaker {
        StateMachine::new(consecutive_failures(self.failures, backoff::constant(self.open)), ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_breaker_as_long_as_it_is_used() {
        let breakers = Breakers::new(1, Duration::from_secs(60));
        let one = breakers.of("http://a");
        one.on_error();
        assert!(!breakers.of("http://a").is_call_permitted());
        assert!(breakers.of("http://b").is_call_permitted());
        drop(one);
        assert!(breakers.of("http://a").is_call_permitted());
        assert_eq!(breakers.by_origin.lock().unwrap().len(), 1);
    }
}
