//! The short form of `cargo xtask soak`: no call and no operation is lost while plugins are swapped. How long
//! things take is not asserted: other tests run beside it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::HashMap;

use patchbay_tests::{component, needs_cloudsim};
use tokio::process::Command;

const CALLS: u64 = 20_000;
const SWAPS: u64 = 50;

#[tokio::test]
async fn swaps_under_load_lose_nothing() {
    needs_cloudsim!();
    let report = tempfile::tempdir().unwrap();
    let mut proof = Command::new(env!("CARGO_BIN_EXE_soak"));
    proof.arg("--counts-only").arg("--report").arg(report.path());
    proof.args(["--calls", &CALLS.to_string(), "--swaps", &SWAPS.to_string()]);
    let ended =
        proof.env("PATCHBAY_PLUGINS", component::plugins()).kill_on_drop(true).output().await.unwrap();
    let (said, complained) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{said}{complained}");
    let figures = figures(said.lines().last().expect("a line"));
    assert_eq!((figures["failed"], figures["lost_operations"]), (0.0, 0.0), "{said}");
    assert!(figures["calls"] >= CALLS as f64 && figures["swaps"] as u64 == SWAPS, "{said}");
    for file in ["report.md", "latency.svg"] {
        assert!(report.path().join(file).is_file(), "{file}");
    }
}

/// `calls=20000 swaps=50 …`
fn figures(line: &str) -> HashMap<&str, f64> {
    line.split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name, value.parse().expect(line)))
        .collect()
}
