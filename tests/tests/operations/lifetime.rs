//! An operation that takes longer than one may is undone, and has as long for that as it had.

use cloudsim::Timing;
use patchbay_tests::deployment::Builder;
use patchbay_tests::needs_cloudsim;

use crate::client::Client;

/// Calls do not wait for what they begin, which soon takes too long. What is gone may appear again for a second.
const SHORT: &str = "operation = { inline_wait_ms = 50, lifetime_ms_max = 1500, settle_ms = 1000 }";
/// Longer than any test: a server that is never built.
const NEVER_MS: u64 = 600_000;

#[tokio::test]
async fn what_takes_too_long_is_undone() {
    needs_cloudsim!();
    let timing = Timing { server_build_ms: NEVER_MS, ..Timing::instant() };
    let client = Client::with(Builder::default(), SHORT).await;
    client.scene.deployment.cloudsim().set_timing(timing);
    let id = client.instance().await;
    let end = client.watched(&id).await.pop().unwrap();
    let error = end.error.unwrap();
    assert_eq!((end.state.as_str(), error.code), ("failed", 4), "{}", error.msg);
    assert!(!error.msg.contains("left"), "{}", error.msg);
    assert_eq!(end.leftovers, []);
    let project = &client.scene.project;
    let there = client.scene.deployment.cloudsim().resources();
    assert!(there.iter().all(|resource| resource.project_id != *project), "{there:?}");
}
