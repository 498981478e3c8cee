//! How much of its bounds a call has used: memory, and ticks of the engine's clock.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::ResourceLimiter;

use super::activity::{Activity, MemoryCharge};
use super::config::Limits;
use super::engine::TICK;

/// Entries of a component's tables: what its indirect calls need, far below the pool's own limit.
const TABLE_ELEMENTS_MAX: usize = 20_000;

/// What a call has used of its bounds, and which of them it hit.
pub(crate) struct Usage {
    memory_max: usize,
    ticks_max: u64,
    ticks: u64,
    held: MemoryCharge,
    pub(crate) hit: Option<&'static str>,
}

impl Usage {
    pub(crate) fn new(limits: &Limits, activity: &Arc<Activity>) -> Self {
        let ticks_max = Duration::from_millis(limits.cpu_ms_max).as_millis() / TICK.as_millis();
        let ticks_max = u64::try_from(ticks_max).unwrap_or(u64::MAX).max(1);
        let held = MemoryCharge::new(activity);
        Self { memory_max: limits.memory_bytes_max, ticks_max, ticks: 0, held, hit: None }
    }
}

impl Usage {
    /// Counts anew, but for the memory.
    pub(crate) fn renew(&mut self) {
        self.ticks = 0;
        self.hit = None;
    }

    /// The linear memory that is there.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.held.bytes()
    }

    /// One more tick found the guest running; whether it may go on.
    pub(crate) fn tick(&mut self) -> bool {
        self.ticks += 1;
        let goes_on = self.ticks <= self.ticks_max;
        if !goes_on {
            self.hit = Some("cpu");
        }
        goes_on
    }
}

impl ResourceLimiter for Usage {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _max: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let fits = desired <= self.memory_max;
        if fits {
            self.held.more(desired.saturating_sub(current));
        } else {
            self.hit = Some("memory");
        }
        Ok(fits)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _max: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS_MAX)
    }
}
