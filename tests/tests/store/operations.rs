//! Operations: followed from ticket to ticket, ended once, the tenant's own.

use std::collections::HashSet;

use futures::stream::{self, StreamExt as _};
use patchbay_core::error::Kind;
use patchbay_database as database;
use patchbay_operations::{Failure, Filter, Operations, Origin, State, Unwritten};

use super::Store;

pub(crate) fn origin(tenant: &str) -> Origin {
    Origin {
        tenant_id: tenant.parse().unwrap(),
        user_id: "u-1".to_owned(),
        domain: "compute".to_owned(),
        region: String::new(),
        method: "instance.InstanceService/CreateInstance".to_owned(),
        request_id: "req-1".to_owned(),
        plugin: "compute-nova".to_owned(),
        digest: "sha256:00".to_owned(),
    }
}

pub(crate) fn failure(kind: Kind) -> Failure {
    Failure { kind, message: "No host has room for it.".to_owned() }
}

async fn begun(store: &Store) -> (Operations, patchbay_operations::Operation) {
    let operations = store.operations().await;
    let operation = operations.begin(origin("t-0000000001")).await.unwrap();
    (operations, operation)
}

pub(crate) async fn an_operation_is_followed_to_its_end(store: &Store) {
    let (operations, begun) = begun(store).await;
    let (tenant, id) = (begun.origin.tenant_id, begun.id);
    assert_eq!(operations.get(tenant, id).await.unwrap(), Some(begun));
    operations.set_resource(id, "server-1").await.unwrap();
    operations.running(id, "{\"v\":1}", "disks-attaching", Some(40)).await.unwrap();

    let after_restart = store.operations().await.unfinished().await.unwrap();
    let [running] = after_restart.as_slice() else { panic!("{after_restart:?}") };
    assert_eq!((running.state, running.percent), (State::Running, Some(40)));
    assert_eq!(running.ticket.as_deref(), Some("{\"v\":1}"));
    assert_eq!(running.resource_id.as_deref(), Some("server-1"));

    operations.end_done(id, "2026-01-02T03:04:05Z", Some("All three.")).await.unwrap();
    let done = operations.get(tenant, id).await.unwrap().unwrap();
    assert_eq!((done.state, done.ticket, done.failure), (State::Done, None, None));
    assert_eq!(done.finished_at.as_deref(), Some("2026-01-02T03:04:05Z"));
    assert_eq!(done.message.as_deref(), Some("All three."));
    assert!(operations.unfinished().await.unwrap().is_empty());
}

pub(crate) async fn another_tenants_operation_is_none(store: &Store) {
    let (operations, begun) = begun(store).await;
    let other = "t-0000000002".parse().unwrap();
    assert_eq!(operations.get(other, begun.id).await.unwrap(), None);
}

pub(crate) async fn an_end_is_an_end(store: &Store) {
    let (operations, begun) = begun(store).await;
    operations.end_done(begun.id, "2026-01-02T03:04:05Z", None).await.unwrap();
    let again = operations.end_failed(begun.id, &failure(Kind::Quota), None).await.unwrap_err();
    let late = operations.running(begun.id, "{}", "late", None).await.unwrap_err();
    assert!(matches!((again, late), (Unwritten::Lost(_), Unwritten::Lost(_))));
}

pub(crate) async fn an_abandoned_operation_keeps_its_failure(store: &Store) {
    let (operations, begun) = begun(store).await;
    let cancelled = failure(Kind::Cancelled);
    operations.abandoning(begun.id, &cancelled).await.unwrap();
    operations.running(begun.id, "{}", "server-deleting", None).await.unwrap();
    let done = operations.end_done(begun.id, "2026-01-02T03:04:05Z", None).await;
    assert!(matches!(done, Err(Unwritten::Lost(_))), "{done:?}");
    let unfinished = operations.unfinished().await.unwrap();
    assert_eq!((unfinished[0].state, unfinished[0].failure.as_ref()), (State::Abandoning, Some(&cancelled)));

    operations.end_failed(begun.id, &failure(Kind::Quota), None).await.unwrap();
    let failed = operations.get(begun.origin.tenant_id, begun.id).await.unwrap().unwrap();
    assert_eq!((failed.state, failed.failure), (State::Failed, Some(failure(Kind::Quota))));
}

pub(crate) async fn the_oldest_that_nobody_carries_comes_first(store: &Store) {
    let (operations, new) = begun(store).await;
    let old = operations.begin(origin("t-0000000002")).await.unwrap();
    let pool = database::open(&store.config).await.unwrap();
    let earlier = sqlx::query("UPDATE operation SET created_at = created_at - 1000 WHERE id = $1");
    earlier.bind(old.id.to_string()).execute(&pool).await.unwrap();
    let order: Vec<_> = operations.free(10).await.unwrap().iter().map(|free| free.id).collect();
    assert_eq!(order, [old.id, new.id]);
}

pub(crate) async fn all_that_is_unfinished_is_found(store: &Store) {
    let (operations, first) = begun(store).await;
    // More than are read at a time.
    let begin = async |_| operations.begin(origin("t-0000000001")).await.unwrap().id;
    let mut ids: Vec<_> = stream::iter(0..2_100).map(begin).buffer_unordered(8).collect().await;
    ids.push(first.id);
    let found: HashSet<_> = operations.unfinished().await.unwrap().iter().map(|found| found.id).collect();
    assert_eq!(found, ids.into_iter().collect());
}

pub(crate) async fn a_wish_to_cancel_is_kept(store: &Store) {
    let (operations, begun) = begun(store).await;
    let (tenant, id) = (begun.origin.tenant_id, begun.id);
    let other = operations.request_cancel("t-0000000002".parse().unwrap(), id).await.unwrap_err();
    assert_eq!(other.kind(), Kind::Conflict);
    assert!(!operations.cancel_requested(id).await.unwrap());
    operations.request_cancel(tenant, id).await.unwrap();
    operations.running(id, "{}", "", None).await.unwrap();
    let running = operations.get(tenant, id).await.unwrap().unwrap();
    assert!(running.cancel_requested && operations.cancel_requested(id).await.unwrap());
    operations.end_done(id, "2026-01-02T03:04:05Z", None).await.unwrap();
    assert_eq!(operations.request_cancel(tenant, id).await.unwrap_err().kind(), Kind::Conflict);
}

pub(crate) async fn what_ended_long_ago_is_removed_in_batches(store: &Store) {
    let (operations, going_on) = begun(store).await;
    for _ in 0..3 {
        let ended = operations.begin(origin("t-0000000001")).await.unwrap();
        operations.end_failed(ended.id, &failure(Kind::Quota), None).await.unwrap();
    }
    store.pass(1_000).await;
    assert_eq!(operations.prune(1_000, 2).await.unwrap(), 0, "none ended so long ago");
    store.pass(1).await;
    let removed = [operations.prune(1_000, 2).await.unwrap(), operations.prune(1_000, 2).await.unwrap()];
    assert_eq!(removed, [2, 1]);
    let left = operations.list(going_on.origin.tenant_id, &Filter::default(), (1, 20)).await.unwrap();
    assert_eq!(left, [going_on]);
}
