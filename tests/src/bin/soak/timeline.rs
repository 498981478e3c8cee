//! Latency over time, a point each second. It is drawn in `chart`.

use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;

use crate::rpc::Class;
use crate::tally;

/// One class of calls in one second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    pub(crate) second: u64,
    pub(crate) class: Class,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
}

/// All of them so far.
pub(crate) struct Timeline {
    second: u64,
    now: [Histogram<u64>; 2],
    points: Vec<Point>,
}

impl Timeline {
    pub(crate) fn new() -> Result<Self> {
        let now = [tally::latencies()?, tally::latencies()?];
        Ok(Self { second: 0, now, points: Vec::new() })
    }

    /// One more call, which ended `at` after the beginning.
    pub(crate) fn add(&mut self, at: Duration, class: Class, took_us: u64) {
        if at.as_secs() > self.second {
            self.finish();
            self.second = at.as_secs();
        }
        self.now[class as usize].saturating_record(took_us);
    }

    pub(crate) fn into_points(mut self) -> Vec<Point> {
        self.finish();
        self.points
    }

    fn finish(&mut self) {
        for class in Class::ALL {
            let latencies = &mut self.now[class as usize];
            if !latencies.is_empty() {
                let [p50_us, p99_us] = [0.5, 0.99].map(|quantile| latencies.value_at_quantile(quantile));
                self.points.push(Point { second: self.second, class, p50_us, p99_us });
                latencies.reset();
            }
        }
    }
}
