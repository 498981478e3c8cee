//! Events: each once and in order, from where the caller left off, until the host stops.

use std::time::Duration;

use patchbay_proto::plugin::{Event, RollbackRequest, WatchEventsRequest};
use patchbay_tests::{Deployment, needs_cloudsim, wait_for};
use tokio::time::timeout;
use tonic::{Code, Streaming};

use crate::Stage;

/// How long an event may take to come.
const EVENT_MAX: Duration = Duration::from_secs(30);

impl Stage {
    async fn watch(&self, since: Option<u64>) -> Streaming<Event> {
        let request = self.deployment.operator(WatchEventsRequest { since });
        self.plugins().watch_events(request).await.unwrap().into_inner()
    }
}

/// The next event.
async fn next(events: &mut Streaming<Event>) -> Event {
    let came = timeout(EVENT_MAX, events.message()).await.expect("an event");
    came.unwrap().expect("the stream goes on")
}

/// All events up to the first one of this kind.
async fn until(events: &mut Streaming<Event>, kind: &str) -> Vec<Event> {
    let mut seen = vec![next(events).await];
    while seen.last().unwrap().kind != kind {
        seen.push(next(events).await);
    }
    seen
}

#[tokio::test]
async fn a_watcher_sees_what_happens_in_order() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let nova = stage.nova().await;
    let mut events = stage.watch(None).await;
    let loaded = stage.load_hostile().await;
    let seen = until(&mut events, "activated").await;
    let kinds: Vec<_> = seen.iter().map(|event| event.kind.as_str()).collect();
    let place = |kind| kinds.iter().position(|seen| *seen == kind);
    assert!(place("admitted") < place("activated") && place("admitted").is_some(), "{kinds:?}");
    for event in seen.iter().filter(|event| matches!(event.kind.as_str(), "admitted" | "activated")) {
        assert_eq!((event.generation, &event.digest), (loaded.number, &loaded.digest), "{event:?}");
        assert_eq!((event.domain.as_str(), event.region.as_str()), ("compute", nova.region.as_str()));
        assert!(!event.message.is_empty() && event.time.ends_with('Z'), "{event:?}");
        assert_eq!(event.operator, "operator", "{event:?}");
    }
    let first = next(&mut stage.watch(Some(0)).await).await;
    assert_eq!((first.kind.as_str(), first.operator.as_str()), ("admitted", ""), "at the start nobody asked");
    stage.load(b"these are words").await;
    let refused = until(&mut events, "refused").await.pop().unwrap();
    assert!(refused.message.contains("not a component"), "{refused:?}");
    let request = RollbackRequest { domain: "compute".to_owned(), region: nova.region.clone() };
    stage.plugins().rollback(stage.deployment.operator(request)).await.unwrap();
    let back = until(&mut events, "rolled-back").await.pop().unwrap();
    assert_eq!((back.generation, back.operator.as_str()), (nova.number, "operator"), "{back:?}");
}

#[tokio::test]
async fn a_watcher_goes_on_where_it_left_off() {
    needs_cloudsim!();
    let stage = Stage::start().await;
    let mut first = stage.watch(Some(0)).await;
    let begun = until(&mut first, "activated").await;
    assert_eq!(begun[0].number, 1, "from the oldest");
    stage.load_hostile().await;
    stage.load(b"these are words").await;
    let seen = until(&mut first, "refused").await;
    drop(first);

    let left_off = begun.last().unwrap().number;
    let mut second = stage.watch(Some(left_off)).await;
    assert_eq!(until(&mut second, "refused").await, seen, "nothing twice and nothing lost");
    let numbers: Vec<_> = begun.iter().chain(&seen).map(|event| event.number).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    let mut third = stage.watch(None).await;
    stage.load(b"these are other words").await;
    assert!(next(&mut third).await.number > seen.last().unwrap().number, "only what is new");
}

#[tokio::test]
async fn what_is_kept_no_longer_is_a_gap_in_the_numbers() {
    needs_cloudsim!();
    let deployment = Deployment::builder().at_once().toml("plugin.events_max = 3").start().await;
    let tenant = deployment.tenant("acme").await;
    let stage = Stage { deployment, tenant };
    stage.load(b"these are words").await;
    let mut events = stage.watch(Some(0)).await;
    let seen = until(&mut events, "refused").await;
    assert!(seen.len() <= 3 && seen[0].number > 1, "{seen:?}");
}

#[tokio::test]
async fn the_streams_end_with_the_host() {
    needs_cloudsim!();
    let mut stage = Stage::start().await;
    let mut events = stage.watch(None).await;
    stage.deployment.stop().await;
    let end = timeout(EVENT_MAX, events.message()).await.expect("an end");
    assert!(!matches!(end, Ok(Some(_))), "{end:?}");
}

#[tokio::test]
async fn so_many_may_watch() {
    needs_cloudsim!();
    let stage = Stage::with(Deployment::builder().toml("plugin.event_watchers_max = 1")).await;
    let first = stage.watch(None).await;
    let another = async || {
        let request = stage.deployment.operator(WatchEventsRequest { since: None });
        stage.plugins().watch_events(request).await
    };
    let refused = another().await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    assert!(refused.message().contains("end a watch first"), "{refused}");
    drop(first);
    wait_for("its place to be free", EVENT_MAX, async || another().await.ok()).await;
}
