//! When plugins are swapped: in rounds, each a while without swaps and then as many calls with them, so that whatever
//! else the machine does hits both. A swap comes after a number of calls, not after a time.

use anyhow::Result;
use patchbay_tests::measured::process::Process;

use crate::report;
use crate::swap::{Swap, Swapper};
use crate::tally::{Phase, Tally};

/// Rounds, where there are swaps for so many.
const ROUNDS_MAX: usize = 20;
/// Of the calls, to warm up.
const WARMING: u64 = 50;

/// How much is to be done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) calls: u64,
    pub(crate) swaps: usize,
}

/// What was done beside the calls.
#[derive(Default)]
pub(crate) struct Swaps {
    pub(crate) done: Vec<Swap>,
    /// The host's memory after each, in KiB.
    pub(crate) resident_kib: Vec<u64>,
    /// When the swapping of each round began and ended, in seconds.
    pub(crate) spans: Vec<[f64; 2]>,
}

impl Plan {
    /// Carries it out while the callers call.
    pub(crate) async fn carry_out(
        self,
        tally: &Tally,
        mut swapper: Swapper,
        host: &Process,
    ) -> Result<Swaps> {
        let mut swaps = Swaps::default();
        tally.reached(tally.calls().max(self.calls / WARMING)).await?;
        let rounds = self.swaps.clamp(1, ROUNDS_MAX);
        for round in 0..rounds {
            let left = self.calls.saturating_sub(tally.calls()) / (rounds - round) as u64;
            tally.enter(Phase::Quiet);
            tally.reached(tally.calls() + left / 2).await?;
            tally.enter(Phase::Swapping);
            let until = self.swaps * (round + 1) / rounds;
            let began = tally.began.elapsed().as_secs_f64();
            swap_for(left / 2, until - swaps.done.len(), tally, &mut swapper, host, &mut swaps).await?;
            swaps.spans.push([began, tally.began.elapsed().as_secs_f64()]);
            self.tell(tally, &swaps);
        }
        Ok(swaps)
    }

    fn tell(self, tally: &Tally, swaps: &Swaps) {
        report::say(&format!(
            "{} of {} calls, {} of {} swaps, {} failed, {:.0} s",
            tally.calls(),
            self.calls,
            swaps.done.len(),
            self.swaps,
            tally.counts().failed,
            tally.began.elapsed().as_secs_f64(),
        ));
    }
}

/// So many swaps, spread over so many calls.
async fn swap_for(
    calls: u64,
    count: usize,
    tally: &Tally,
    swapper: &mut Swapper,
    host: &Process,
    swaps: &mut Swaps,
) -> Result<()> {
    let first = tally.calls();
    for number in 0..count {
        tally.reached(first + calls * number as u64 / count as u64).await?;
        swaps.done.push(swapper.swap(tally.began).await?);
        swaps.resident_kib.push(host.resident_kib()?);
    }
    tally.reached(first + calls).await
}
