//! The journal: many writers at once, one order, bounds.

use futures::future::join_all;
use patchbay_core::error::Kind;
use patchbay_database as database;
use patchbay_durable::journal::{Call, Config, Journal, Of, Outcome, Sent};

use super::Store;

/// All calls of a test.
const ALL: (u32, u32) = (1, 1_000);

async fn open(store: &Store, config: Config) -> std::sync::Arc<Journal> {
    let pool = database::open(&store.config).await.unwrap();
    Journal::open(&store.config, pool, config).await.unwrap()
}

fn sent(request: &str, path: &str) -> Sent {
    Sent {
        request_id: request.to_owned(),
        operation_id: Some(format!("op-of-{request}")),
        tenant_id: Some("t-0000000001".parse().unwrap()),
        plugin: "storage-cinder".to_owned(),
        digest: "00ff".to_owned(),
        upstream: "cloud".to_owned(),
        method: "POST".to_owned(),
        path: path.to_owned(),
    }
}

fn answered() -> Outcome {
    Outcome::answered(202, Some("req-of-cinder"), br#"{"volume":{"id":"v-1"}}"#)
}

async fn write(journal: &Journal, request: &str, path: &str) {
    journal.enter(sent(request, path)).unwrap().end(answered()).await.unwrap();
}

async fn of_request(journal: &Journal, request: &str) -> Vec<Call> {
    journal.calls(Of::Request(request), ALL).await.unwrap()
}

pub(crate) async fn a_call_is_found_by_request_and_by_operation(store: &Store) {
    let journal = open(store, Config::default()).await;
    write(&journal, "req-1", "volume/volumes").await;
    let failed = Sent { operation_id: None, tenant_id: None, ..sent("req-2", "identity/users") };
    journal.enter(failed.clone()).unwrap().end(Outcome::failed("timeout")).await.unwrap();

    let [one] = of_request(&journal, "req-1").await.try_into().unwrap();
    assert_eq!((&one.sent, &one.outcome), (&sent("req-1", "volume/volumes"), &answered()));
    assert_eq!(one.outcome.ids, ["v-1"]);
    assert!(one.sent_at > 0 && one.took_us >= 0, "{one:?}");
    assert_eq!(journal.calls(Of::Operation("op-of-req-1"), ALL).await.unwrap(), [one]);
    let [two] = of_request(&journal, "req-2").await.try_into().unwrap();
    assert_eq!((two.sent, two.outcome), (failed, Outcome::failed("timeout")));
}

pub(crate) async fn many_at_once_are_all_written_in_one_order(store: &Store) {
    let journal = open(store, Config::default()).await;
    let paths: Vec<_> = (0..600).map(|number| format!("volume/volumes/{number}")).collect();
    join_all(paths.iter().map(|path| write(&journal, "req-1", path))).await;
    let calls = of_request(&journal, "req-1").await;
    assert!(calls.windows(2).all(|pair| pair[0].number < pair[1].number));
    let mut written: Vec<_> = calls.iter().map(|call| call.sent.path.clone()).collect();
    let mut paths = paths;
    written.sort();
    paths.sort();
    assert_eq!(written, paths);
    let page = journal.calls(Of::Request("req-1"), (3, 250)).await.unwrap();
    assert_eq!(page, calls[500..]);
}

pub(crate) async fn what_nobody_waits_for_is_written_as_given_up(store: &Store) {
    let journal = open(store, Config::default()).await;
    drop(journal.enter(sent("req-1", "volume/volumes")).unwrap());
    journal.close().await;
    let [call] = of_request(&journal, "req-1").await.try_into().unwrap();
    assert_eq!(call.outcome, Outcome::failed("given-up"));
    let late = journal.enter(sent("req-2", "volume/volumes")).err().unwrap();
    assert_eq!(late.kind(), Kind::Unavailable);
}

pub(crate) async fn so_many_are_under_way_and_no_more(store: &Store) {
    let journal = open(store, Config { queue_max: 2, ..Config::default() }).await;
    let enter = || journal.enter(sent("req-1", "volume/volumes"));
    let (one, _two) = (enter().unwrap(), enter().unwrap());
    assert_eq!(enter().err().unwrap().kind(), Kind::Busy);
    one.end(answered()).await.unwrap();
    enter().unwrap().end(answered()).await.unwrap();
    assert_eq!(of_request(&journal, "req-1").await.len(), 2);
}

pub(crate) async fn the_oldest_are_removed(store: &Store) {
    let journal = open(store, Config { rows_max: 3, ..Config::default() }).await;
    for number in 0..7 {
        write(&journal, "req-1", &number.to_string()).await;
    }
    assert_eq!(journal.prune(3).await.unwrap(), 3, "a batch");
    assert_eq!(journal.prune(3).await.unwrap(), 1);
    assert_eq!(journal.prune(3).await.unwrap(), 0);
    let paths: Vec<_> = of_request(&journal, "req-1").await.into_iter().map(|call| call.sent.path).collect();
    assert_eq!(paths, ["4", "5", "6"]);

    let journal = open(store, Config { kept_ms: 1_000, ..Config::default() }).await;
    store.pass(1_000).await;
    assert_eq!(journal.prune(10).await.unwrap(), 0, "none is so old");
    store.pass(1).await;
    assert_eq!(journal.prune(10).await.unwrap(), 3);
}

pub(crate) async fn a_write_takes_so_long_and_no_longer(store: &Store) {
    let journal = open(store, Config { write_ms_max: 200, ..Config::default() }).await;
    let pool = database::open(&store.config).await.unwrap();
    let mut other = pool.begin().await.unwrap();
    // Nobody else writes the table until this is over.
    sqlx::query("ALTER TABLE journal ADD COLUMN held TEXT").execute(&mut *other).await.unwrap();
    let late = journal.enter(sent("req-1", "volume/volumes")).unwrap().end(answered()).await;
    assert_eq!(late.unwrap_err().kind(), Kind::Unavailable);
    other.rollback().await.unwrap();
    write(&journal, "req-2", "volume/volumes").await;
    assert_eq!(of_request(&journal, "req-2").await.len(), 1);
}

pub(crate) async fn what_cannot_be_written_is_an_error_until_it_can(store: &Store) {
    let journal = open(store, Config::default()).await;
    let pool = database::open(&store.config).await.unwrap();
    sqlx::query("ALTER TABLE journal RENAME TO away").execute(&pool).await.unwrap();
    let refused = journal.enter(sent("req-1", "volume/volumes")).unwrap().end(answered()).await;
    assert_eq!(refused.unwrap_err().kind(), Kind::Unavailable);
    sqlx::query("ALTER TABLE away RENAME TO journal").execute(&pool).await.unwrap();
    write(&journal, "req-1", "volume/volumes").await;
    assert_eq!(of_request(&journal, "req-1").await.len(), 1);
}
