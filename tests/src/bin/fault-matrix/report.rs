//! What came out, for people: a table of RPCs and faults, and at the end the line for programs.
#![expect(clippy::print_stdout, reason = "this is the answer of this program")]

use crate::fault::Fault;
use crate::tally::{Counts, Tally};

/// One line of progress.
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

/// The reasons, the table, and the line with the sums.
pub(crate) fn print(tally: &Tally) {
    tally.reasons.iter().for_each(|reason| println!("{reason}"));
    let faults: Vec<_> = Fault::ALL.into_iter().filter(|fault| tally.points(*fault) > 0).collect();
    row("RPC", faults.iter().map(|fault| fault.as_str().to_owned()));
    row("---", faults.iter().map(|_| "---".to_owned()));
    for (rpc, counts) in &tally.rows {
        row(rpc, faults.iter().map(|fault| cell(counts[*fault as usize])));
    }
    row("points", faults.iter().map(|fault| cell(tally.of(*fault))));
    let Counts { points, unended, orphans, doubled } = tally.all();
    println!("points={points} unended={unended} orphans={orphans} doubled={doubled}");
}

fn row(name: &str, cells: impl Iterator<Item = String>) {
    println!("| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
}

/// The number of points, and what was found where anything was.
fn cell(counts: Counts) -> String {
    let Counts { points, unended, orphans, doubled } = counts;
    if counts.is_clean() {
        return points.to_string();
    }
    format!("{points} ({unended} unended, {orphans} orphans, {doubled} doubled)")
}
