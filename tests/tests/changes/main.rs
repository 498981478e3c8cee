//! Every RPC that changes something, with each of its backend calls failing in turn: afterwards all is as it was or as
//! it was asked to be, and nothing is left that nobody asked for.
//!
//! What the RPCs are is in `table`, what there is before them in `setup`, what there is at all in `census`.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod census;
mod setup;
mod table;

use cloudsim::{Effect, Fault};
use patchbay::operation::State;
use patchbay_tests::needs_cloudsim;
use serde_json::json;

use crate::setup::Setup;
use crate::table::{CHANGES, Change};

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

/// Lets the call after `skip` others fail; how the operation ended.
async fn failing(setup: &Setup, change: &Change, (skip, effect): (u32, &Effect), whole: &Whole) -> State {
    let before = setup.lines().await;
    setup.cloud().fault(Fault { skip, ..Fault::once(effect.clone()) });
    let answer = setup.make(change).await;
    setup.cloud().clear_faults();
    let state = setup.ended(&answer).await;
    let mut allowed = vec![&whole.lines];
    if state == State::Failed {
        allowed = if change.undone { vec![&before] } else { vec![&before, &whole.lines] };
    }
    let what = format!("{change} with call {skip} failing ({} {})", answer.code, answer.msg);
    setup.wait_for_one_of(&allowed, &what).await;
    state
}

/// Lets each call of each change fail once in this way; how many of the operations failed.
async fn at_every_call(effect: Effect) -> usize {
    let mut setup = Setup::start().await;
    let mut failed = 0;
    for change in CHANGES {
        setup = setup.of(&format!("{change}"), change.needs).await;
        let whole = whole(&setup, change).await;
        for skip in 0..whole.calls {
            setup = setup.of(&format!("{change} {skip}"), change.needs).await;
            let state = failing(&setup, change, (skip, &effect), &whole).await;
            failed += usize::from(state == State::Failed);
        }
    }
    failed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_refused_leaves_all_or_nothing() {
    needs_cloudsim!();
    let body = json!({"forbidden": {"code": 403, "message": "Not now"}});
    let refused = Effect::Status { status: 403, body, headers: [].into() };
    assert!(at_every_call(refused).await >= CHANGES.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_the_cloud_fails_on_leaves_all_or_nothing() {
    needs_cloudsim!();
    let failed = Effect::Status { status: 500, body: json!({}), headers: [].into() };
    assert!(at_every_call(failed).await > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_answer_is_lost_leaves_all_or_nothing() {
    needs_cloudsim!();
    // What only reads is asked for again, so only some fail.
    assert!(at_every_call(Effect::CloseAfter).await > 0);
}
