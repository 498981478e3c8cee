//! The audit trail: filters, bounds, and what nobody waits for.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::error::Kind as Failure;
use patchbay_database as database;
use patchbay_durable::audit::{Actor, Audit, Config, Filter, Kind, Record};
use patchbay_tests::wait_for;
use tokio_util::sync::CancellationToken;

use super::Store;

/// More than any test writes.
const ALL: u32 = 1_000;
const STATE_MAX: Duration = Duration::from_secs(60);

async fn open(store: &Store, config: Config) -> Arc<Audit> {
    let pool = database::open(&store.config).await.unwrap();
    Audit::open(&store.config, pool, config).await.unwrap()
}

fn record(kind: Kind, name: &str, at_ms: i64) -> Record {
    Record {
        number: 0,
        at_ms,
        kind,
        actor: Actor::Tenant,
        name: name.to_owned(),
        user_id: "u-7".to_owned(),
        peer: "192.0.2.7".to_owned(),
        action: "vpc.VpcService/CreateVpc".to_owned(),
        named: vec!["vpc-1".to_owned(), "云".to_owned()],
        outcome: "ok".to_owned(),
        message: String::new(),
        request_id: format!("req-{at_ms}"),
        operation_id: String::new(),
        plugin: "network-neutron".to_owned(),
        digest: "00ff".to_owned(),
    }
}

/// How many there are of each kind.
async fn counts(audit: &Audit) -> [usize; 3] {
    let all = audit.newest(&Filter::default(), ALL).await.unwrap();
    [Kind::Change, Kind::Refusal, Kind::Event]
        .map(|kind| all.iter().filter(|found| found.kind == kind).count())
}

pub(crate) async fn a_line_comes_back_and_filters_narrow(store: &Store) {
    let audit = open(store, Config::default()).await;
    for at in 1..=3 {
        audit.note(record(Kind::Change, "t-0000000001", at)).await;
    }
    let steering = Record {
        outcome: "denied".to_owned(),
        message: "a\u{0}b\nc".to_owned(),
        ..record(Kind::Refusal, "alice", 4)
    };
    audit.note(steering).await;
    let all = audit.newest(&Filter::default(), ALL).await.unwrap();
    assert_eq!(all.iter().map(|found| found.at_ms).collect::<Vec<_>>(), [4, 3, 2, 1], "the newest first");
    assert_eq!((all[0].message.as_str(), all[0].outcome.as_str()), ("a b c", "denied"));
    assert_eq!(Record { number: 0, ..all[1].clone() }, record(Kind::Change, "t-0000000001", 3));

    let found = async |wanted: Filter| -> Vec<i64> {
        audit.newest(&wanted, ALL).await.unwrap().iter().map(|found| found.at_ms).collect()
    };
    let none = Filter::default;
    assert_eq!(found(Filter { since_ms: Some(2), until_ms: Some(4), ..none() }).await, [3, 2]);
    assert_eq!(found(Filter { kind: Some(Kind::Refusal), ..none() }).await, [4]);
    assert_eq!(found(Filter { name: "alice".to_owned(), ..none() }).await, [4]);
    assert_eq!(
        found(Filter { action: "CreateVpc".to_owned(), outcome: "ok".to_owned(), ..none() }).await,
        [3, 2, 1]
    );
    assert_eq!(found(Filter { named: "云".to_owned(), request_id: "req-2".to_owned(), ..none() }).await, [2]);
    assert_eq!(found(Filter { plugin: "compute-nova".to_owned(), ..none() }).await, [0; 0]);
    assert_eq!(found(Filter { before: Some(all[1].number), ..none() }).await, [2, 1]);
    assert_eq!(audit.newest(&none(), 2).await.unwrap(), all[..2]);
}

pub(crate) async fn a_change_is_written_however_it_ends(store: &Store) {
    let audit = open(store, Config { queue_max: 1, ..Config::default() }).await;
    let asked = audit.enter(record(Kind::Change, "t-0000000001", 1)).unwrap();
    let more = audit.enter(record(Kind::Change, "t-0000000001", 2)).map(drop);
    assert_eq!(more.unwrap_err().kind(), Failure::Busy, "audit.queue_max");
    asked.end(|record| record.outcome = "accepted".to_owned()).await.unwrap();
    drop(audit.enter(record(Kind::Change, "t-0000000001", 3)).unwrap());
    audit.close().await;
    let outcomes: Vec<_> = audit.newest(&Filter::default(), ALL).await.unwrap();
    let outcomes: Vec<_> = outcomes.iter().map(|found| (found.at_ms, found.outcome.as_str())).collect();
    assert_eq!(outcomes, [(3, "given-up"), (1, "accepted")]);
}

pub(crate) async fn the_oldest_of_each_kind_are_removed(store: &Store) {
    let config = Config { rows_max: 2, kept_ms: 60_000, ..Config::default() };
    let audit = open(store, config).await;
    audit.note(record(Kind::Change, "t-0000000001", 1)).await;
    for at in 2..=9 {
        audit.note(record(Kind::Refusal, "", at)).await;
    }
    let stop = CancellationToken::new();
    tokio::spawn(Arc::clone(&audit).prune(Duration::from_millis(10), 1, stop.clone()));
    let left = async |wanted: [usize; 3]| {
        wait_for("the rest to be removed", STATE_MAX, async || {
            (counts(&audit).await == wanted).then_some(())
        })
        .await;
    };
    left([1, 2, 0]).await;
    store.pass(120_000).await;
    left([0, 0, 0]).await;
    stop.cancel();
}
