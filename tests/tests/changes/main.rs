//! Every RPC that changes something, with each of its backend calls failing in turn: afterwards all is as it was or as
//! it was asked to be, and nothing is left that nobody asked for.
//!
//! What the RPCs are, and what there is before them, is in the library's `change`.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod crashes;
mod space;
mod unfiltered;

use cloudsim::{Effect, Fault};
use patchbay_tests::change::{CHANGES, Change, Setup};
use patchbay_tests::contract::Answer;
use patchbay_tests::operation::END_MAX;
use patchbay_tests::{Scene, needs_cloudsim};
use serde_json::{Value, json};

/// What a change does when nothing fails.
struct Whole {
    calls: u32,
    lines: Vec<String>,
}

/// Makes the change once with nothing wrong.
async fn whole(setup: &Setup, change: &Change) -> Whole {
    setup.cloud().clear_record();
    let answer = setup.make(change).await;
    assert_eq!(answer.code, 0, "{change}: {}", answer.msg);
    let calls = u32::try_from(setup.cloud().requests().len()).unwrap();
    assert!(calls >= change.calls_min, "{change} takes {calls} calls");
    Whole { calls, lines: setup.lines().await }
}

/// Whether the change failed, once that is certain.
async fn has_failed(setup: &Setup, answer: &Answer) -> bool {
    let ended = setup.ended(END_MAX).await.expect("operations that end");
    let Some(id) = answer.operation else { return answer.code != 0 };
    let operation = ended.iter().find(|operation| operation["operation_id"] == *id.to_string());
    operation.expect("the operation")["state"] == "failed"
}

/// Lets the call after `skip` others fail; whether the change did.
async fn failing(setup: &Setup, change: &Change, (skip, effect): (u32, &Effect), whole: &Whole) -> bool {
    let before = setup.lines().await;
    setup.cloud().fault(Fault { skip, ..Fault::once(effect.clone()) });
    let answer = setup.make(change).await;
    setup.cloud().clear_faults();
    let failed = has_failed(setup, &answer).await;
    let mut allowed = vec![&whole.lines];
    if failed {
        allowed = if change.undone { vec![&before] } else { vec![&before, &whole.lines] };
    }
    let what = format!("{change} with call {skip} failing ({} {})", answer.code, answer.msg);
    if let Err(found) = setup.comes_to(&allowed, END_MAX).await {
        panic!("{what} leaves {found:#?}, not one of {allowed:#?}");
    }
    failed
}

/// Lets each call of each change fail once in this way; how many of the changes failed.
async fn at_every_call(effect: Effect) -> usize {
    let mut setup = Setup::on(Scene::quick().await, &[]).await;
    let mut failed = 0;
    for change in CHANGES {
        setup = setup.of(&format!("{change}"), change.needs).await;
        let whole = whole(&setup, change).await;
        for skip in 0..whole.calls {
            setup = setup.of(&format!("{change} {skip}"), change.needs).await;
            failed += usize::from(failing(&setup, change, (skip, &effect), &whole).await);
        }
    }
    failed
}

fn status(status: u16, body: Value) -> Effect {
    Effect::Status { status, body, headers: [].into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_refused_leaves_all_or_nothing() {
    needs_cloudsim!();
    let refused = status(403, json!({"forbidden": {"code": 403, "message": "Not now"}}));
    assert!(at_every_call(refused).await >= CHANGES.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_the_cloud_fails_on_leaves_all_or_nothing() {
    needs_cloudsim!();
    assert!(at_every_call(status(500, json!({}))).await > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_answer_is_lost_leaves_all_or_nothing() {
    needs_cloudsim!();
    // What only reads is asked for again, so only some fail.
    assert!(at_every_call(Effect::CloseAfter).await > 0);
}
