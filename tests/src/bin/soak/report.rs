//! What came out, for people: a file with every figure, beside the drawing of latency over time. What is drawn, and
//! how, is in `chart`.
#![expect(clippy::print_stdout, reason = "the last line is the answer of this program")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;

use crate::chart;
use crate::figures::{Figures, ratio};
use crate::memory::Growth;
use crate::target;

const FILE: &str = "report.md";
const CHART: &str = "latency.svg";
/// Of the swaps.
const TENTHS: usize = 10;

/// One line of progress.
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

/// Writes both files into `directory`.
pub(crate) fn write(directory: &Path, figures: &Figures, missed: &[String]) -> Result<()> {
    fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    fs::write(directory.join(FILE), text(figures, missed)?).context(FILE)?;
    fs::write(directory.join(CHART), chart::svg(figures)?).context(CHART)
}

/// Where the report is, what is missed, and at the end the line for programs.
pub(crate) fn print(directory: &Path, figures: &Figures, missed: &[String]) {
    println!("the report is {}", directory.join(FILE).display());
    let reasons = figures.reasons.iter().chain(&figures.lost.reasons);
    reasons.for_each(|reason| println!("  {reason}"));
    missed.iter().for_each(|figure| println!("missed: {figure}"));
    println!("{}", figures.line());
}

fn text(figures: &Figures, missed: &[String]) -> Result<String> {
    let mut out = String::new();
    writeln!(out, "# Swaps under load\n\n    {}\n", figures.line())?;
    let verdict = if missed.is_empty() { "Every target is met.".to_owned() } else { missed.join("; ") };
    writeln!(out, "{verdict}\n\n![Latency over time, with the swaps]({CHART})\n")?;
    summary(&mut out, figures)?;
    serving(&mut out, figures)?;
    latencies(&mut out, figures)?;
    let mut reasons = figures.reasons.iter().chain(&figures.lost.reasons).peekable();
    if reasons.peek().is_some() {
        writeln!(out, "\n## What failed\n")?;
    }
    reasons.try_for_each(|reason| writeln!(out, "- {reason}"))?;
    Ok(out)
}

fn summary(out: &mut String, figures: &Figures) -> Result<()> {
    let seconds = figures.elapsed.as_secs_f64();
    let resident = &figures.swaps.resident_kib;
    let broken = figures.swaps.done.iter().filter(|swap| swap.after_broken).count();
    writeln!(out, "| | | target |\n|---|---|---|")?;
    writeln!(out, "| calls | {} in {seconds:.0} s | |", figures.calls)?;
    writeln!(out, "| swaps | {}, {broken} of them after a broken file | |", figures.swaps.done.len())?;
    writeln!(out, "| failed calls | {} | {} |", figures.failed, target::FAILED_MAX)?;
    let (lost, operations) = (figures.lost.count, figures.lost.operations);
    writeln!(out, "| lost operations | {lost} of {operations} | {} |", target::LOST_MAX)?;
    let Growth { slope, error } = figures.growth();
    let tenths: Vec<_> = resident.iter().step_by(resident.len().div_ceil(TENTHS).max(1)).collect();
    let mib: Vec<_> = tenths.into_iter().map(|kib| format!("{:.1}", *kib as f64 / 1024.0)).collect();
    writeln!(out, "| resident memory after each tenth of the swaps, MiB | {} | |", mib.join(", "))?;
    let max = target::SLOPE_BYTES_MAX;
    writeln!(
        out,
        "| growth of it, bytes a swap, and its standard error | {slope:.0} ± {error:.0} | < {max:.0} |"
    )?;
    writeln!(
        out,
        "| p99 with swaps to p99 without | {:.2} | {} |",
        figures.p99_ratio(),
        target::P99_RATIO_MAX
    )?;
    Ok(())
}

fn serving(out: &mut String, figures: &Figures) -> Result<()> {
    writeln!(out, "\n| from the rename until it serves, ms | p50 | p90 | p99 | target for p50 |")?;
    writeln!(out, "|---|---|---|---|---|")?;
    for (name, cold, max) in
        [("compiled before", false, target::WARM_MS_MAX), ("new", true, target::COLD_MS_MAX)]
    {
        let [half, most, nearly_all] = [0.5, 0.9, 0.99].map(|quantile| figures.serving_ms(cold, quantile));
        writeln!(out, "| {name} | {half} | {most} | {nearly_all} | < {max} |")?;
    }
    Ok(())
}

fn latencies(out: &mut String, figures: &Figures) -> Result<()> {
    writeln!(out, "\n| calls, in ms: without swaps / with swaps | count | p50 | p99 | ratio of p99 |")?;
    writeln!(out, "|---|---|---|---|---|")?;
    for (class, latencies) in &figures.classes {
        writeln!(out, "{}", row(&format!("**{}**", class.name()), latencies))?;
    }
    for (rpc, latencies) in &figures.latencies {
        writeln!(out, "{}", row(&rpc.name(), latencies))?;
    }
    Ok(())
}

fn row(name: &str, latencies: &[Histogram<u64>; 2]) -> String {
    let [quiet, swapping] = latencies;
    let ms = |latencies: &Histogram<u64>, quantile| latencies.value_at_quantile(quantile) as f64 / 1e3;
    format!(
        "| {name} | {} / {} | {:.1} / {:.1} | {:.1} / {:.1} | {:.2} |",
        quiet.len(),
        swapping.len(),
        ms(quiet, 0.5),
        ms(swapping, 0.5),
        ms(quiet, 0.99),
        ms(swapping, 0.99),
        ratio(latencies, 0.99),
    )
}
