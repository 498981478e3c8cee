//! What was measured, as a table for people and one line an RPC for programs.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;

use crate::load::Turn;
use crate::rpc::Rpc;

/// All turns of one server with one load.
pub(crate) struct Tally {
    latencies: Histogram<u64>,
    elapsed: Duration,
    cpu: Duration,
}

/// Both servers under one load.
pub(crate) struct Series {
    rpc: Rpc,
    callers: usize,
    pub(crate) host: Tally,
    pub(crate) native: Tally,
}

/// Everything that one run measured.
pub(crate) struct Report {
    started_in: Duration,
    idle_mib: u64,
    /// Memory of the host after all load.
    pub(crate) loaded_mib: u64,
    /// How long calls waited for the journal, in nanoseconds.
    pub(crate) journal: Histogram<u64>,
    series: Vec<Series>,
}

impl Tally {
    fn new() -> Result<Self> {
        Ok(Self { latencies: Histogram::new(3)?, elapsed: Duration::ZERO, cpu: Duration::ZERO })
    }

    /// One more turn.
    pub(crate) fn add(&mut self, turn: &Turn) -> Result<()> {
        self.latencies.add(&turn.latencies)?;
        self.elapsed += turn.elapsed;
        self.cpu += turn.cpu;
        Ok(())
    }

    fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.latencies.len() as f64
    }

    fn quantile_us(&self, quantile: f64) -> f64 {
        self.latencies.value_at_quantile(quantile) as f64 / 1e3
    }

    fn row(&self, name: &str) -> String {
        let (rate, cpu) = (self.rate(), self.cpu_us());
        let (half, nearly_all) = (self.quantile_us(0.5), self.quantile_us(0.99));
        format!("  {name:<8} {rate:>12.0} {half:>10.0} {nearly_all:>10.0} {cpu:>10.1}")
    }
}

impl Series {
    pub(crate) fn new(rpc: Rpc, callers: usize) -> Result<Self> {
        Ok(Self { rpc, callers, host: Tally::new()?, native: Tally::new()? })
    }

    fn ratio(&self) -> f64 {
        self.host.rate() / self.native.rate()
    }

    fn cpu_ratio(&self) -> f64 {
        self.host.cpu_us() / self.native.cpu_us()
    }

    fn added_p50_us(&self) -> f64 {
        self.host.quantile_us(0.5) - self.native.quantile_us(0.5)
    }

    fn table(&self) -> String {
        let title = format!("{}, {} caller{}", self.rpc.name(), self.callers, plural(self.callers));
        format!(
            "{title}\n  {:<8} {:>12} {:>10} {:>10} {:>10}\n{}\n{}\n  {:<8} {:>12.2} {:>10.2} {:>10.2} {:>10.2}\n",
            "",
            "requests/s",
            "p50 us",
            "p99 us",
            "CPU us",
            self.host.row("host"),
            self.native.row("native"),
            "ratio",
            self.ratio(),
            self.host.quantile_us(0.5) / self.native.quantile_us(0.5),
            self.host.quantile_us(0.99) / self.native.quantile_us(0.99),
            self.cpu_ratio(),
        )
    }
}

impl Report {
    pub(crate) fn new(started_in: Duration, idle_mib: u64) -> Result<Self> {
        Ok(Self { started_in, idle_mib, loaded_mib: 0, journal: Histogram::new(3)?, series: Vec::new() })
    }

    pub(crate) fn add(&mut self, series: Series) {
        self.series.push(series);
    }

    /// The table, what the host and its journal need, and at the end a line for each RPC.
    pub(crate) fn print(&self) -> Result<()> {
        let mut out = std::io::stdout().lock();
        for series in &self.series {
            writeln!(out, "{}", series.table())?;
        }
        let (start_ms, idle, loaded) = (self.started_in.as_millis(), self.idle_mib, self.loaded_mib);
        writeln!(
            out,
            "the host serves {start_ms} ms after its start, its plugins compiled before; it holds"
        )?;
        writeln!(out, "{idle} MiB when idle and {loaded} MiB after the load\n")?;
        writeln!(
            out,
            "journal_p50_us={} journal_p99_us={}",
            self.journal.value_at_quantile(0.5) / 1_000,
            self.journal.value_at_quantile(0.99) / 1_000
        )?;
        let measured = |rpc: &Rpc| self.series.iter().any(|series| series.rpc == *rpc);
        for rpc in Rpc::ALL.into_iter().filter(measured) {
            writeln!(out, "{}", self.line(rpc)?)?;
        }
        Ok(())
    }

    /// Throughput and CPU are those of many callers, the latency is that of one.
    fn line(&self, rpc: Rpc) -> Result<String> {
        let all = || self.series.iter().filter(|series| series.rpc == rpc);
        let one = all().min_by_key(|series| series.callers).context("nothing was measured")?;
        let many = all().max_by_key(|series| series.callers).context("nothing was measured")?;
        Ok(format!(
            "rpc={} ratio={:.2} cpu_ratio={:.2} added_p50_us={:.0} idle_mib={} start_ms={}",
            rpc.name(),
            many.ratio(),
            many.cpu_ratio(),
            one.added_p50_us(),
            self.idle_mib,
            self.started_in.as_millis(),
        ))
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
