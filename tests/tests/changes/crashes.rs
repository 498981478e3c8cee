//! The short form of `cargo xtask fault-matrix`: a few RPCs, all faults.

use std::collections::HashMap;

use patchbay_tests::{component, needs_cloudsim};
use tokio::process::Command;

/// One that makes things in Keystone, one of a single step, one of several, one that goes on.
const ONLY: &str = "CreateTenant,DeleteSecurityGroup,CreateVpc,CreateCloudDisk";

#[tokio::test]
async fn nothing_is_lost_left_or_doubled() {
    needs_cloudsim!();
    let mut proof = Command::new(env!("CARGO_BIN_EXE_fault-matrix"));
    proof.args(["--only", ONLY]).env("PATCHBAY_PLUGINS", component::plugins());
    let ended = proof.kill_on_drop(true).output().await.unwrap();
    let (said, complained) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{said}{complained}");
    let sums = sums(said.lines().last().expect("a line"));
    assert!(sums["points"] > 0, "{said}");
    assert_eq!((sums["unended"], sums["orphans"], sums["doubled"]), (0, 0, 0), "{said}");
}

/// `points=120 unended=0 …`
fn sums(line: &str) -> HashMap<&str, usize> {
    let pairs = line.split_whitespace().filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name, value.parse().expect(line))).collect()
}
