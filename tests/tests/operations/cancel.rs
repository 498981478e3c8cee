//! Giving an operation up: what it made is gone then, and what has ended stays as it is.

use cloudsim::{Fault, Service, Timing};
use patchbay_tests::admin::text;
use patchbay_tests::deployment::Builder;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{needs_cloudsim, wait_for};

use crate::client::Client;
use crate::watch::origin;

/// Calls do not wait for what they begin.
const AT_ONCE: &str = "operation.inline_wait_ms = 50";
/// Longer than any test: a server that is never built.
const NEVER_MS: u64 = 600_000;

/// Everything that an instance is made of, as the cloud has it.
async fn left(client: &Client) -> Vec<String> {
    let scene = &client.scene;
    let mut left = scene.admin.servers(&scene.project).await;
    left.extend(scene.volumes().await);
    left.extend(scene.owned("ports").await);
    left.iter().map(|resource| text(&resource["id"])).collect()
}

#[tokio::test]
async fn what_a_cancelled_creation_made_is_removed() {
    let client = Client::start(Builder::default().toml(AT_ONCE)).await;
    if let Some(cloud) = client.scene.deployment.cloud() {
        cloud.set_timing(Timing { server_build_ms: NEVER_MS, ..Timing::instant() });
    }
    let id = client.instance().await;
    client.in_state(&id, "running").await;
    assert!(!left(&client).await.is_empty(), "there is something to undo");
    let answer = client.cancel(&id).await;
    assert_eq!(answer.code, 0, "{}", answer.msg);
    assert!(answer.operation.unwrap().cancel_requested);
    let end = client.watched(&id).await.pop().unwrap();
    let error = end.error.unwrap();
    assert_eq!((end.state.as_str(), error.code), ("failed", 1), "{}", error.msg);
    assert!(!error.msg.contains("left"), "{}", error.msg);
    let gone = async || left(&client).await.is_empty().then_some(());
    wait_for("nothing to be left in the cloud", END_MAX, gone).await;

    let again = client.cancel(&id).await;
    assert_eq!((again.code, again.operation), (9, None), "{}", again.msg);
}

#[tokio::test]
async fn one_that_is_given_up_while_it_begins_is_undone_as_well() {
    needs_cloudsim!();
    let client = Client::start(Builder::default().toml("operation.inline_wait_ms = 2000")).await;
    let cloud = client.scene.deployment.cloudsim();
    cloud.set_timing(Timing { server_build_ms: NEVER_MS, ..Timing::instant() });
    cloud.fault(Fault::delay(1_000).on(Service::Compute, "POST", "/servers"));
    let creation = client.instance();
    let cancelled = async {
        let found = wait_for("it to begin", END_MAX, async || client.list(client.all()).await.pop()).await;
        (found.state, client.cancel(&found.operation_id).await)
    };
    let (id, (before, answer)) = tokio::join!(creation, cancelled);
    assert_eq!((before.as_str(), answer.code), ("beginning", 0), "{}", answer.msg);
    assert_eq!(client.watched(&id).await.pop().unwrap().error.unwrap().code, 1);
    assert_eq!(left(&client).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_has_ended_stays() {
    needs_cloudsim!();
    let client = Client::start(Builder::default().at_once()).await;
    let (id, disk) = client.disk("data").await;
    let before = client.get(&id).await;
    let refused = client.cancel(&id).await;
    assert_eq!(refused.code, 9, "{}", refused.msg);
    assert_eq!(client.get(&id).await, before);
    assert_eq!(left(&client).await, [disk]);
}

#[tokio::test]
async fn nobody_is_waited_for_longer_than_a_call_may() {
    needs_cloudsim!();
    let client = Client::start(Builder::default().at_once().toml(AT_ONCE)).await;
    let rows = client.scene.deployment.operations().await;
    let id = rows.begin(origin(&client)).await.unwrap().id.to_string();
    let answer = client.cancel(&id).await;
    let operation = answer.operation.unwrap();
    assert_eq!((answer.code, operation.state.as_str()), (0, "beginning"), "{}", answer.msg);
    assert!(operation.cancel_requested && answer.msg.contains("given up"), "{}", answer.msg);
}
