//! Following an operation: from where it stands to its end, again after the host stopped, and where nobody here carries it.

use cloudsim::{Failures, Timing};
use patchbay_core::OperationId;
use patchbay_operations::Origin;
use patchbay_proto::operation::{Operation, WatchOperationReq};
use patchbay_tests::deployment::Builder;
use patchbay_tests::{needs_cloudsim, wait_for};
use tokio::time::timeout;

use crate::client::{Client, STATE_MAX, next};

/// Calls do not wait for what they begin.
const AT_ONCE: &str = "operation.inline_wait_ms = 50";
/// Longer than any test.
const NEVER_MS: u64 = 600_000;

fn states(seen: &[Operation]) -> Vec<&str> {
    let mut states: Vec<&str> = seen.iter().map(|operation| operation.state.as_str()).collect();
    states.dedup();
    states
}

#[tokio::test]
async fn a_creation_is_followed_to_its_end() {
    needs_cloudsim!();
    let client = Client::start(Builder::default().at_once().toml(AT_ONCE)).await;
    let slowly = Timing { server_build_ms: 1_000, ..Timing::instant() };
    client.scene.deployment.cloudsim().set_timing(slowly);
    let id = client.instance().await;
    let seen = client.watched(&id).await;
    assert!(states(&seen).ends_with(&["running", "done"]), "{seen:#?}");
    assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "{seen:#?}");
    assert!(seen.iter().any(|operation| !operation.step.is_empty()), "{seen:#?}");
    let end = seen.last().unwrap();
    assert!(!end.resource_id.is_empty() && !end.finished_time.is_empty(), "{end:#?}");
    assert_eq!(client.get(&id).await.operation.as_ref(), Some(end));
    assert_eq!(client.watched(&id).await, std::slice::from_ref(end), "the end, and then nothing");
}

#[tokio::test]
async fn a_failure_is_followed_to_its_end() {
    needs_cloudsim!();
    let client = Client::start(Builder::default().at_once().toml(AT_ONCE)).await;
    client.scene.deployment.cloudsim().set_failures(Failures { servers: 1, ..Failures::default() });
    let id = client.instance().await;
    let end = client.watched(&id).await.pop().unwrap();
    assert_eq!(end.state, "failed");
    assert!(!end.finished_time.is_empty());
    let error = end.error.unwrap();
    assert!(error.code != 0 && error.msg.contains("no room"), "{error:?}");
}

#[tokio::test]
async fn the_stream_ends_with_the_host_and_the_next_one_goes_on() {
    needs_cloudsim!();
    let mut client = Client::start(Builder::default().at_once().toml(AT_ONCE)).await;
    let never = Timing { server_build_ms: NEVER_MS, ..Timing::instant() };
    client.scene.deployment.cloudsim().set_timing(never);
    let id = client.instance().await;
    client.in_state(&id, "running").await;
    let mut stream = client.watch(&id).await.unwrap();
    let before = next(&mut stream).await.expect("how it stands");
    client.scene.deployment.stop().await;
    let end = timeout(STATE_MAX, async { while let Ok(Some(_)) = stream.message().await {} }).await;
    end.expect("the stream ends");
    client.scene.deployment.restart().await;
    let mut stream = client.watch(&id).await.unwrap();
    let after = next(&mut stream).await.expect("how it stands");
    assert_eq!((after.state, after.resource_id), (before.state, before.resource_id));
}

#[tokio::test]
async fn what_another_host_carries_is_followed_too() {
    needs_cloudsim!();
    let client = Client::start(Builder::default().at_once()).await;
    let rows = client.scene.deployment.operations().await;
    let id = rows.begin(origin(&client)).await.unwrap().id;
    let mut stream = client.watch(&id.to_string()).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().state, "beginning");
    rows.running(id, "{}", "server-building", Some(40)).await.unwrap();
    let running = next(&mut stream).await.unwrap();
    assert_eq!((running.step.as_str(), running.percent), ("server-building", Some(40)));
    rows.end_done(id, "2026-01-02T03:04:05Z", None).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().finished_time, "2026-01-02T03:04:05Z");
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test]
async fn too_many_watchers_are_refused() {
    needs_cloudsim!();
    let bound = "operation.watchers_max = 1";
    let client = Client::start(Builder::default().at_once().toml(bound)).await;
    let rows = client.scene.deployment.operations().await;
    let id: OperationId = rows.begin(origin(&client)).await.unwrap().id;
    let _first = client.watch(&id.to_string()).await.unwrap();
    let refused = client.watch(&id.to_string()).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unavailable, "{refused}");
}

#[tokio::test]
async fn one_tenants_watchers_leave_room_for_the_others() {
    needs_cloudsim!();
    let bound = "operation = { watchers_max = 2, watchers_per_tenant_max = 1, inline_wait_ms = 50 }";
    let client = Client::start(Builder::default().at_once().toml(bound)).await;
    let rows = client.scene.deployment.operations().await;
    let id = rows.begin(origin(&client)).await.unwrap().id.to_string();
    let first = client.watch(&id).await.unwrap();
    let refused = client.watch(&id).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted, "{refused}");
    assert!(refused.message().contains("This tenant"), "{refused}");

    let other = client.scene.deployment.tenant("other").await;
    let of_other = Origin { tenant_id: other.id.parse().unwrap(), ..origin(&client) };
    let operation_id = rows.begin(of_other).await.unwrap().id.to_string();
    let request = WatchOperationReq { operation_id, ..other.request() };
    let _of_other = client.operations().watch_operation(request).await.expect("the other tenant's own");

    let cancelled = client.cancel(&id).await;
    assert_eq!(cancelled.code, 0, "giving up takes no watcher's place: {}", cancelled.msg);
    drop(first);
    wait_for("its place to be free", STATE_MAX, async || client.watch(&id).await.ok()).await;
}

/// That of an operation of the tenant that no host here has begun.
pub(crate) fn origin(client: &Client) -> Origin {
    Origin {
        tenant_id: client.scene.tenant.id.parse().unwrap(),
        user_id: String::new(),
        domain: "compute".to_owned(),
        region: String::new(),
        method: "instance.InstanceService/CreateInstance".to_owned(),
        request_id: "req-1".to_owned(),
        plugin: "compute-nova".to_owned(),
        digest: "sha256:00".to_owned(),
    }
}
