//! Hosts: alive as long as they have a row. And operations: each is carried by one of them.

use patchbay_core::HostId;
use patchbay_core::error::Kind;
use patchbay_database as database;
use patchbay_durable::membership::Hosts;
use patchbay_operations::{State, Unwritten};

use super::Store;
use super::operations::{failure, origin};

impl Store {
    async fn hosts(&self) -> Hosts {
        Hosts::new(database::open(&self.config).await.unwrap())
    }
}

pub(crate) async fn a_host_is_alive_until_it_leaves(store: &Store) {
    let hosts = store.hosts().await;
    let (own, other) = (HostId::draw(), HostId::draw());
    hosts.enter(own, "a", "[]").await.unwrap();
    hosts.enter(other, "b", "[]").await.unwrap();
    assert!(hosts.heartbeat(other, "[1]").await.unwrap());
    let seen = hosts.others(own, 10).await.unwrap();
    let [seen] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!((seen.id, seen.name.as_str(), seen.beat, seen.serving.as_str()), (other, "b", 1, "[1]"));
    assert_eq!(hosts.others(HostId::draw(), 1).await.unwrap().len(), 1, "no more than are asked for");

    hosts.leave(other).await.unwrap();
    assert!(hosts.others(own, 10).await.unwrap().is_empty());
    hosts.clear().await.unwrap();
    assert!(!hosts.heartbeat(own, "[]").await.unwrap());
}

pub(crate) async fn only_the_silent_are_buried_and_once(store: &Store) {
    let hosts = store.hosts().await;
    let id = HostId::draw();
    hosts.enter(id, "a", "[]").await.unwrap();
    let seen = hosts.others(HostId::draw(), 1).await.unwrap().remove(0);
    assert!(hosts.heartbeat(id, "[]").await.unwrap());
    assert!(!hosts.evict(&seen).await.unwrap(), "it gave a sign of life");
    let seen = hosts.others(HostId::draw(), 1).await.unwrap().remove(0);
    assert!(hosts.evict(&seen).await.unwrap());
    assert!(!hosts.evict(&seen).await.unwrap(), "another one was first");
    assert!(!hosts.heartbeat(id, "[]").await.unwrap(), "and it is told so");
}

pub(crate) async fn what_a_dead_host_carried_goes_to_one_of_the_others(store: &Store) {
    let (hosts, rows) = (store.hosts().await, store.operations().await);
    let [dead, one, other] = [HostId::draw(), HostId::draw(), HostId::draw()];
    for host in [dead, one, other] {
        hosts.enter(host, "a", "[]").await.unwrap();
    }
    let [dead_rows, one_rows, other_rows] = [dead, one, other].map(|host| rows.of_host(host));
    let begun = dead_rows.begin(origin("t-0000000001")).await.unwrap();
    dead_rows.running(begun.id, "{}", "server-building", None).await.unwrap();
    assert!(one_rows.free(10).await.unwrap().is_empty());

    hosts.leave(dead).await.unwrap();
    let (seen, seen_too) = (one_rows.free(10).await.unwrap(), other_rows.free(10).await.unwrap());
    assert_eq!((seen.len(), &seen), (1, &seen_too));
    let taken = one_rows.adopt(&seen[0]).await.unwrap().unwrap();
    assert_eq!((taken.id, taken.state, taken.ticket.as_deref()), (begun.id, State::Running, Some("{}")));
    assert_eq!(other_rows.adopt(&seen_too[0]).await.unwrap(), None, "another one was first");
    assert!(other_rows.free(10).await.unwrap().is_empty());
}

pub(crate) async fn only_who_carries_an_operation_writes_its_steps(store: &Store) {
    let (hosts, rows) = (store.hosts().await, store.operations().await);
    let own = HostId::draw();
    hosts.enter(own, "a", "[]").await.unwrap();
    let (own, late) = (rows.of_host(own), rows.of_host(HostId::draw()));
    let begun = late.begin(origin("t-0000000001")).await.unwrap();
    let free = own.free(10).await.unwrap();
    own.adopt(&free[0]).await.unwrap().unwrap();
    let id = begun.id;
    let refused = [
        late.running(id, "{}", "late", None).await,
        late.set_resource(id, "server-1").await,
        late.abandoning(id, &failure(Kind::Quota)).await,
        late.end_done(id, "2026-01-02T03:04:05Z", None).await,
        late.end_failed(id, &failure(Kind::Quota), None).await,
    ];
    for refused in refused {
        assert!(matches!(refused, Err(Unwritten::Lost(_))), "{refused:?}");
    }
    let tenant = begun.origin.tenant_id;
    assert_eq!(rows.get(tenant, id).await.unwrap(), Some(begun));
    // Anybody may ask for that.
    late.request_cancel(tenant, id).await.unwrap();
    own.end_done(id, "2026-01-02T03:04:05Z", None).await.unwrap();
}
