//! Every call is counted here, once. What the counts mean is said in `figures`.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use patchbay_core::OperationId;
use tokio::sync::watch;

use crate::rpc::Rpc;
use crate::timeline::Timeline;

/// Reasons that are kept for the report.
const REASONS_MAX: usize = 20;
/// Of latencies: 1 in 1000.
const DIGITS: u8 = 3;
/// The longest that is told apart from a longer one: no call may take more.
const LATENCY_US_MAX: u64 = 100_000_000;
/// How long the load may stand still.
const STILL_MAX: Duration = Duration::from_secs(120);

/// What goes on beside the calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not compared: pools, caches and connections are being filled.
    Warming,
    /// Plugins are left alone.
    Quiet,
    /// Plugins are swapped.
    Swapping,
}

/// Counts calls while they are made.
pub(crate) struct Tally {
    pub(crate) began: Instant,
    phase: watch::Sender<Phase>,
    ended: watch::Sender<u64>,
    counts: Mutex<Counts>,
}

/// What was counted.
pub(crate) struct Counts {
    pub(crate) failed: u64,
    /// The first ones, in words.
    pub(crate) reasons: Vec<String>,
    /// Of the calls that changed something.
    pub(crate) operations: HashSet<OperationId>,
    /// In microseconds, for each RPC: without swaps, with swaps.
    pub(crate) latencies: Vec<[Histogram<u64>; 2]>,
    pub(crate) timeline: Timeline,
}

/// A call that has ended.
pub(crate) struct Ended {
    pub(crate) rpc: Rpc,
    /// When it began.
    pub(crate) phase: Phase,
    pub(crate) took: Duration,
    pub(crate) outcome: Result<Option<OperationId>, String>,
}

/// An empty histogram of latencies.
pub(crate) fn latencies() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_max(LATENCY_US_MAX, DIGITS)?)
}

impl Tally {
    pub(crate) fn new() -> Result<Self> {
        let pair = || Ok([latencies()?, latencies()?]);
        let counts = Counts {
            failed: 0,
            reasons: Vec::new(),
            operations: HashSet::new(),
            latencies: Rpc::ALL.iter().map(|_| pair()).collect::<Result<_>>()?,
            timeline: Timeline::new()?,
        };
        let (phase, ended) = (watch::Sender::new(Phase::Warming), watch::Sender::new(0));
        Ok(Self { began: Instant::now(), phase, ended, counts: Mutex::new(counts) })
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// How many calls have ended.
    pub(crate) fn calls(&self) -> u64 {
        *self.ended.borrow()
    }

    /// Waits until so many have.
    ///
    /// # Errors
    /// If the load stands still.
    pub(crate) async fn reached(&self, calls: u64) -> Result<()> {
        let mut ended = self.ended.subscribe();
        while *ended.borrow_and_update() < calls {
            let more = tokio::time::timeout(STILL_MAX, ended.changed());
            more.await.context("the load stands still")??;
        }
        Ok(())
    }

    pub(crate) fn add(&self, call: Ended) {
        self.counts().add(call, self.began.elapsed());
        self.ended.send_modify(|ended| *ended += 1);
    }

    pub(crate) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn into_counts(self) -> Counts {
        self.counts.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn add(&mut self, call: Ended, at: Duration) {
        let took_us = u64::try_from(call.took.as_micros()).unwrap_or(u64::MAX);
        self.timeline.add(at, call.rpc.class(), took_us);
        if let Some(place) = [Phase::Quiet, Phase::Swapping].iter().position(|phase| *phase == call.phase) {
            self.latencies[call.rpc as usize][place].saturating_record(took_us);
        }
        match call.outcome {
            Ok(operation) => self.operations.extend(operation),
            Err(reason) => self.fail(&call.rpc.name(), &reason),
        }
    }

    fn fail(&mut self, rpc: &str, reason: &str) {
        self.failed += 1;
        if self.reasons.len() < REASONS_MAX {
            self.reasons.push(format!("{rpc}: {reason}"));
        }
    }
}
