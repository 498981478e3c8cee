//! A gateway whose clock is another: the caller is told to try later, the operator what is wrong and by how much.

use patchbay_tests::process::HostProcess;
use patchbay_tests::{Scene, needs_cloudsim};
use serde_json::Value;

use crate::UNAVAILABLE;
use crate::call::{create, made, new_bucket};

const DAY_S: i64 = 24 * 3600;
/// How long a call may have taken.
const CALL_S: i64 = 600;

#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_apart() {
    needs_cloudsim!();
    let mut scene = Scene::start().await;
    let host = HostProcess::start(&mut scene.deployment).await;
    scene.deployment.lead_to(&host);
    let (deployment, tenant) = (&scene.deployment, &scene.tenant);
    let set = |seconds| assert!(deployment.cloudsim().set_gateway_ahead("region-1", seconds));
    for ahead in [DAY_S, -DAY_S] {
        set(ahead);
        let answer = create(deployment, new_bucket(tenant)).await;
        assert_eq!(answer.code, UNAVAILABLE, "{}", answer.msg);
        let about = |line: &Value| {
            let by = line["host_ahead_seconds"].as_i64();
            by.is_some_and(|by| (by + ahead).abs() < CALL_S) && line["upstream"] == "ceph-1"
        };
        let line = host.line(about).await;
        assert!(line["message"].as_str().unwrap().starts_with("the clocks of this host"), "{line}");
    }
    set(0);
    made(deployment, new_bucket(tenant)).await;
}
