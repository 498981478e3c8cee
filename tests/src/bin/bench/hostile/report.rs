//! What was measured, as a table for people and a line for programs.

use std::io::Write as _;

use anyhow::Result;
use hdrhistogram::Histogram;

use super::disturbance::Disturbance;

/// What the others' p99 may grow to under any disturbance.
const RATIO_MAX: f64 = 1.5;

/// All turns with one disturbance, and the quiet ones between them.
pub(crate) struct Series {
    name: &'static str,
    pub(crate) quiet: Tally,
    pub(crate) disturbed: Tally,
    /// Memory of the host, in MiB.
    before_mib: u64,
    pub(crate) peak_mib: u64,
    pub(crate) after_mib: u64,
}

/// Latencies of several turns, in nanoseconds.
pub(crate) struct Tally(Histogram<u64>);

impl Tally {
    pub(crate) fn add(&mut self, turn: Histogram<u64>) -> Result<()> {
        Ok(self.0.add(turn)?)
    }

    fn ms(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1e6
    }
}

impl Series {
    pub(crate) fn new(disturbance: &Disturbance, before_mib: u64) -> Result<Self> {
        Ok(Self {
            name: disturbance.name,
            quiet: Tally(Histogram::new(3)?),
            disturbed: Tally(Histogram::new(3)?),
            before_mib,
            peak_mib: before_mib,
            after_mib: before_mib,
        })
    }

    fn ratio(&self) -> f64 {
        self.disturbed.ms(0.99) / self.quiet.ms(0.99)
    }

    fn row(&self) -> String {
        let Self { name, quiet, disturbed, .. } = self;
        format!(
            "| {name} | {:.2}, {:.2} | {:.2}, {:.2} | {:.2} | {}, {}, {} |",
            quiet.ms(0.5),
            quiet.ms(0.99),
            disturbed.ms(0.5),
            disturbed.ms(0.99),
            self.ratio(),
            self.before_mib,
            self.peak_mib,
            self.after_mib,
        )
    }
}

/// A row for each disturbance, and the worst of all.
pub(crate) fn print(measured: &[Series]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "| meanwhile | quiet: p50, p99 ms | p50, p99 ms | p99 ratio | MiB before, most, after |")?;
    writeln!(out, "|---|---|---|---|---|")?;
    for series in measured {
        writeln!(out, "{}", series.row())?;
    }
    let worst = measured.iter().map(Series::ratio).fold(0.0, f64::max);
    let over = measured.iter().filter(|series| series.ratio() > RATIO_MAX).count();
    writeln!(out, "\nworst_p99_ratio={worst:.2} over_{RATIO_MAX}={over}")?;
    Ok(())
}
