//! The short form of `cargo xtask field-matrix`: some fields of the answers on each RPC's way, something else in some ways.
//! What is tried and what must come of it is in the library's `matrix`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{self, Write as _};

use patchbay_tests::matrix::{self, Selection};
use patchbay_tests::needs_cloudsim;

/// So many times fewer points than there are: what looks takes little, what changes something a tenant each.
const SOME: Selection = Selection { only: Vec::new(), reads: 16, changes: 160, seed: 0 };

#[tokio::test(flavor = "multi_thread")]
async fn no_field_of_an_answer_is_our_fault() {
    needs_cloudsim!();
    let report = matrix::run(&SOME, |line| eprintln!("{line}")).await;
    // Past the capture of a test's output: the counts are for whoever reads along.
    writeln!(io::stdout(), "{report}").unwrap();
    let (met, tried) = (report.met, report.tried);
    assert!(met > tried / 2, "most of the fields are not asked for again: {met} of {tried}");
    assert!(report.faults.is_empty(), "{:#?}", report.faults);
}
