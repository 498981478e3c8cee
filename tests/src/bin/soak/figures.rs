//! What came out, and what of it misses its target.

use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;

use crate::audit::Lost;
use crate::memory::Growth;
use crate::round::Swaps;
use crate::rpc::{Class, Rpc};
use crate::swap::Swap;
use crate::tally::{self, Tally};
use crate::target;
use crate::timeline::Point;

/// Everything that the load has shown.
pub(crate) struct Figures {
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    pub(crate) reasons: Vec<String>,
    pub(crate) lost: Lost,
    pub(crate) swaps: Swaps,
    /// For each RPC, without and with swaps.
    pub(crate) latencies: Vec<(Rpc, [Histogram<u64>; 2])>,
    /// The same for each class.
    pub(crate) classes: Vec<(Class, [Histogram<u64>; 2])>,
    pub(crate) points: Vec<Point>,
    pub(crate) elapsed: Duration,
}

impl Figures {
    pub(crate) fn of(tally: Tally, swaps: Swaps, lost: Lost) -> Result<Self> {
        let (calls, elapsed) = (tally.calls(), tally.began.elapsed());
        let counts = tally.into_counts();
        let latencies: Vec<_> = Rpc::ALL.into_iter().zip(counts.latencies).collect();
        let classes = Class::ALL.map(|class| Ok((class, of_class(class, &latencies)?)));
        Ok(Self {
            calls,
            failed: counts.failed,
            reasons: counts.reasons,
            lost,
            swaps,
            classes: classes.into_iter().collect::<Result<_>>()?,
            latencies,
            points: counts.timeline.into_points(),
            elapsed,
        })
    }

    /// How memory grew over the second half of the swaps: in the first one pools and caches fill.
    pub(crate) fn growth(&self) -> Growth {
        let all = &self.swaps.resident_kib;
        Growth::of(&all[all.len() / 2..])
    }

    /// What the callers use and was not called while plugins were swapped: of that nothing is proved.
    fn untried(&self) -> impl Iterator<Item = Rpc> {
        let never = |(rpc, [_, swapping]): &(Rpc, [Histogram<u64>; 2])| swapping.is_empty().then_some(*rpc);
        self.latencies.iter().filter_map(never)
    }

    /// The worse one of both classes: changes wait for the cloud, and would hide what happens to reads.
    pub(crate) fn p99_ratio(&self) -> f64 {
        self.classes.iter().map(|(_, latencies)| ratio(latencies, 0.99)).fold(0.0, f64::max)
    }

    /// From the rename until this part of the plugins served that were new to the cache, or were not.
    pub(crate) fn serving_ms(&self, cold: bool, quantile: f64) -> u64 {
        let mut times: Vec<_> = self.good(cold).map(|swap| swap.served_in).collect();
        times.sort_unstable();
        let place = ((times.len() as f64 * quantile).ceil() as usize).clamp(1, times.len().max(1)) - 1;
        times.get(place).map_or(0, |time| time.as_millis() as u64)
    }

    fn good(&self, cold: bool) -> impl Iterator<Item = &Swap> {
        self.swaps.done.iter().filter(move |swap| swap.cold == cold)
    }

    /// Each figure that misses its target, in words.
    pub(crate) fn missed(&self, counts_only: bool) -> Vec<String> {
        let (slope, ratio) = (self.growth().at_least(), self.p99_ratio());
        let (warm, cold) = (self.serving_ms(false, 0.5), self.serving_ms(true, 0.5));
        let counts = [
            (self.failed > target::FAILED_MAX, format!("{} calls failed", self.failed)),
            (self.lost.count > target::LOST_MAX, format!("{} operations were lost", self.lost.count)),
        ];
        let times = [
            (slope >= target::SLOPE_BYTES_MAX, format!("memory grew by at least {slope:.0} bytes a swap")),
            (ratio > target::P99_RATIO_MAX, format!("p99 was {ratio:.2} times as high with swaps")),
            (warm >= target::WARM_MS_MAX, format!("a compiled plugin took {warm} ms to serve")),
            (cold >= target::COLD_MS_MAX, format!("a new plugin took {cold} ms to serve")),
        ];
        let times = times.into_iter().filter(|_| !counts_only);
        let missed = counts.into_iter().chain(times).filter(|(missed, _)| *missed).map(|(_, words)| words);
        let untried = self.untried().map(|rpc| format!("{} was not called during swaps", rpc.name()));
        missed.chain(untried).collect()
    }

    /// All of it for programs.
    pub(crate) fn line(&self) -> String {
        format!(
            "calls={} swaps={} failed={} lost_operations={} slope_bytes_per_swap={:.0} p99_ratio={:.2} \
             serving_ms_warm={} serving_ms_cold={}",
            self.calls,
            self.swaps.done.len(),
            self.failed,
            self.lost.count,
            self.growth().slope,
            self.p99_ratio(),
            self.serving_ms(false, 0.5),
            self.serving_ms(true, 0.5),
        )
    }
}

/// How much higher a quantile is with swaps.
pub(crate) fn ratio([quiet, swapping]: &[Histogram<u64>; 2], quantile: f64) -> f64 {
    let [quiet, swapping] = [quiet, swapping].map(|latencies| latencies.value_at_quantile(quantile) as f64);
    if quiet > 0.0 { swapping / quiet } else { 0.0 }
}

fn of_class(class: Class, latencies: &[(Rpc, [Histogram<u64>; 2])]) -> Result<[Histogram<u64>; 2]> {
    let mut all = [tally::latencies()?, tally::latencies()?];
    for (_, own) in latencies.iter().filter(|(rpc, _)| rpc.class() == class) {
        for (all, own) in all.iter_mut().zip(own) {
            all.add(own)?;
        }
    }
    Ok(all)
}
