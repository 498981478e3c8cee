//! Every RPC that changes something, with no space left in the database from each of its writes on, for a while. Then the
//! request is sent again under its key until it is answered for good: it is done once, and the database serves as before.

use std::time::Duration;

use patchbay_tests::change::{CHANGES, Change, Marks, Setup};
use patchbay_tests::deployment::Builder;
use patchbay_tests::full::Space;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::postgres::Postgres;
use patchbay_tests::{Deployment, Scene, needs_cloudsim, wait_for};
use serde_json::Value;

/// A caller tries again after CANCELLED, DEADLINE_EXCEEDED, INTERNAL and UNAVAILABLE.
const TRY_AGAIN: [i64; 4] = [1, 4, 13, 14];
const UNAVAILABLE: i64 = 14;
/// Hosts that take their parts at the same time.
const HOSTS: usize = 4;
/// How long the host may take to give up while there is no space; a step that it has begun it tries until there is.
const FULL: Duration = Duration::from_millis(200);

/// Makes the change once; how often it wrote, and what there is then.
async fn whole(setup: &Setup, space: &Space, change: &Change) -> (i64, Vec<String>) {
    space.free().await;
    let answer = setup.make(change).await;
    assert_eq!(answer.code, 0, "{change}: {}", answer.msg);
    setup.ended(END_MAX).await.expect("operations that end");
    (space.taken().await, setup.lines().await)
}

/// Sends the request while there is space for so many writes, and again when there is for all.
async fn once(setup: &Setup, space: &Space, change: &Change, writes: i64, words: bool) -> i64 {
    let (request, marks) = (setup.request(change), Marks::new());
    space.leave(writes).await;
    let mut first = Box::pin(setup.ask(change.rpc, &request, &marks));
    let answered = tokio::time::timeout(FULL, &mut first).await;
    space.free().await;
    let answer = match answered {
        Ok(answer) => answer,
        Err(_) => first.await,
    };
    let answer = answer.expect("an answer");
    if words && answer.code == UNAVAILABLE {
        assert!(answer.msg.ends_with("try again later."), "{change}: {}", answer.msg);
    }
    assert!(!words || answer.code != 13, "{change} after {writes} writes: {}", answer.msg);
    wait_for("an answer for good", END_MAX, async || {
        let answer = setup.ask(change.rpc, &request, &marks.again()).await.expect("an answer");
        (!TRY_AGAIN.contains(&answer.code)).then_some(answer.code)
    })
    .await
}

/// Every second write of each change: which ones is another on the other database, so that each is tried once. Each host has
/// its part of the changes; most of the time they wait.
async fn at_every_second_write(builder: impl Fn(usize) -> Builder, words: bool) {
    futures::future::join_all((0..HOSTS).map(|host| part(builder(host), host, words))).await;
}

async fn part(builder: Builder, host: usize, words: bool) {
    let deployment = builder.quick().at_once().start().await;
    let space = Space::of(deployment.database().await).await;
    let mut setup = Setup::on(Scene::of(deployment).await, &[]).await;
    let changes = || CHANGES.iter().skip(host).step_by(HOSTS);
    let mut points = 0;
    for change in changes() {
        setup = setup.of(&format!("{change}"), change.needs).await;
        let (writes, lines) = whole(&setup, &space, change).await;
        for write in (i64::from(words)..writes).step_by(2) {
            setup = setup.of(&format!("{change} {write}"), change.needs).await;
            let before = setup.lines().await;
            let code = once(&setup, &space, change, write, words).await;
            setup.ended(END_MAX).await.expect("operations that end");
            // Who is told that it cannot be may find that it was before, as with a deletion whose answer was lost.
            let allowed = if code == 0 { vec![&lines] } else { vec![&before, &lines] };
            let what = format!("{change} with space for {write} writes of {writes} ({code})");
            if let Err(found) = setup.comes_to(&allowed, END_MAX).await {
                panic!("{what} leaves {found:#?}, not one of {allowed:#?}");
            }
            points += 1;
        }
    }
    assert!(points >= changes().count(), "{points}");
    reads_agree(&setup).await;
}

/// Whichever connection is read from, it shows what is in the database.
async fn reads_agree(setup: &Setup) {
    let seen = futures::future::join_all((0..32).map(async |_| setup.operations().await)).await;
    let sizes: Vec<_> = seen.iter().map(Vec::<Value>::len).collect();
    assert!(sizes.iter().all(|size| *size == sizes[0]), "{sizes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_sqlite_file_is_good_again_when_there_is_space() {
    needs_cloudsim!();
    at_every_second_write(|_| Deployment::builder(), false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_postgres_is_good_again_when_there_is_space() {
    needs_cloudsim!();
    let postgres = Postgres::start().await.unwrap();
    let database = |host| postgres.database(&format!("patchbay_{host}")).unwrap();
    at_every_second_write(|host| Deployment::builder().database(&database(host)), true).await;
}
