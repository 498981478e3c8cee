//! What all calls together take of the host: how many there are, and how many bytes their requests and answers have. When it
//! is too much, what is new is refused at once, so that what was taken on goes on. What one tenant may ask is not known here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use patchbay_core::error::{Error, Kind};
use patchbay_telemetry::Metrics;

use crate::grpc::Config;

/// When a caller who was refused may try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// See the module.
pub(super) struct Load {
    calls: AtomicUsize,
    bytes: AtomicUsize,
    calls_max: usize,
    bytes_max: usize,
    metrics: Arc<Metrics>,
}

/// What one request takes, from its headers until its answer was taken.
pub(in crate::grpc) struct Weight {
    load: Arc<Load>,
    /// It is a call of the contract's, which are counted; what needs no key has a bound of its own.
    is_call: AtomicBool,
    bytes: AtomicUsize,
}

impl Load {
    pub(super) fn new(config: &Config, metrics: Arc<Metrics>) -> Self {
        let (calls_max, bytes_max) = (config.calls_max, config.calls_bytes_max);
        Self { calls: AtomicUsize::new(0), bytes: AtomicUsize::new(0), calls_max, bytes_max, metrics }
    }

    /// A request that takes nothing yet.
    pub(super) fn weigh(self: &Arc<Self>) -> Weight {
        Weight { load: Arc::clone(self), is_call: AtomicBool::new(false), bytes: AtomicUsize::new(0) }
    }

    fn shed(&self, told: &str) -> Error {
        self.metrics.refused("overload");
        Error::new(Kind::Busy, told).retry_after(Some(RETRY_AFTER))
    }
}

impl Weight {
    /// It becomes a call.
    ///
    /// # Errors
    /// [`Kind::Busy`]: there are as many as may be.
    pub(super) fn call(&self) -> Result<(), Error> {
        self.is_call.store(true, Ordering::Relaxed);
        if self.load.calls.fetch_add(1, Ordering::Relaxed) >= self.load.calls_max {
            return Err(self.load.shed("The host has too many calls under way; try again later."));
        }
        Ok(())
    }

    /// So many more bytes of the request.
    ///
    /// # Errors
    /// [`Kind::Busy`]: all requests and answers have as many as may be.
    pub(in crate::grpc) fn take(&self, bytes: usize) -> Result<(), Error> {
        if self.add(bytes) > self.load.bytes_max {
            return Err(self.load.shed("The host has too many requests at hand; try again later."));
        }
        Ok(())
    }

    /// So many more bytes of the answer, which is not refused any more.
    pub(super) fn add(&self, bytes: usize) -> usize {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.load.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    /// So many of them were taken.
    pub(super) fn give_back(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.load.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        if *self.is_call.get_mut() {
            self.load.calls.fetch_sub(1, Ordering::Relaxed);
        }
        self.load.bytes.fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_bytes_are_bounded_and_come_back() {
        let config = Config { calls_max: 1, calls_bytes_max: 10, ..Config::default() };
        let load = Arc::new(Load::new(&config, Arc::default()));
        let (first, second) = (load.weigh(), load.weigh());
        first.call().unwrap();
        let shed = second.call().unwrap_err();
        assert_eq!((shed.kind(), shed.wait()), (Kind::Busy, Some(RETRY_AFTER)));
        first.take(10).unwrap();
        assert_eq!(second.take(1).unwrap_err().kind(), Kind::Busy);
        first.add(90);
        first.give_back(50);
        drop((first, second));
        let third = load.weigh();
        third.call().unwrap();
        third.take(10).unwrap();
    }
}
