//! `field-matrix`: every field of every answer on an RPC's way, something else in every way. What is wrong is printed, and at
//! last the counts. Started by `cargo xtask field-matrix`, which builds what it needs; what is tried is in the library's `matrix`.
#![expect(clippy::print_stdout, reason = "this is the answer of this program")]

use std::process::ExitCode;

use clap::Parser;
use patchbay_tests::matrix::{self, Selection};
use tokio::task::LocalSet;

/// Makes each field of each backend's answer something else, and counts what comes of it.
#[derive(Parser)]
struct Arguments {
    /// Only these RPCs, as "GetInstance,CreateVpc".
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Of RPCs that look, one of so many fields and ways.
    #[arg(long, default_value_t = 1)]
    reads: usize,
    /// Of RPCs that change something, one of so many.
    #[arg(long, default_value_t = 1)]
    changes: usize,
    /// Which ones.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { only, reads, changes, seed } = Arguments::parse();
    let selection = Selection { only, reads: reads.max(1), changes: changes.max(1), seed };
    let report = LocalSet::new().run_until(matrix::run(&selection, |line| eprintln!("{line}"))).await;
    report.faults.iter().for_each(|fault| println!("{fault}"));
    println!("{report}");
    if report.faults.is_empty() && report.met > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
