//! What is left of a change at whose backend call something went wrong: first as it is, then after the client has asked
//! again with the same key.

use std::time::Duration;

use patchbay_tests::contract::Answer;
use patchbay_tests::wait::settled;
use serde_json::Value;

use crate::fault::Fault;
use crate::point::{Got, Point};

/// How long an operation may take to end, and a new attempt to succeed.
pub(crate) const END_MAX: Duration = Duration::from_secs(60);
/// How long it may take until all is as it should be: leftovers of registrations are looked for every 30 s.
const CENSUS_MAX: Duration = Duration::from_secs(60);
/// Codes that say "try again": CANCELLED, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE.
const TRY_AGAIN: [i64; 4] = [1, 4, 13, 14];

/// What was found at one point.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Whether the fault came about.
    pub(crate) met: bool,
    /// Operations without an end, and attempts without success.
    pub(crate) unended: usize,
    /// Things that no answer and no operation names.
    pub(crate) orphans: usize,
    /// Things that were made once more by the next attempt.
    pub(crate) doubled: usize,
    /// In words.
    pub(crate) reasons: Vec<String>,
}

impl Verdict {
    /// It could not be found out.
    pub(crate) fn unknown(why: String) -> Self {
        Self { met: true, unended: 1, reasons: vec![why], ..Self::default() }
    }
}

impl Point {
    /// What the first attempt left, and then the next ones.
    pub(crate) async fn judge(&self, got: Got) -> Verdict {
        let met = self.is_met() && (self.plan.fault != Fault::Takeover || got.is_err());
        let mut verdict = Verdict { met, ..Verdict::default() };
        self.setup.cloud().clear_faults_of(&self.marks.request_id);
        let Some(operations) = self.ended(&mut verdict).await else { return verdict };
        let allowed = self.allowed(&operations, &got);
        if let Err(found) = self.setup.comes_to(&allowed, CENSUS_MAX).await {
            verdict.orphans += beyond(&found, &allowed);
            verdict
                .reasons
                .push(format!("the first attempt ({}) left {found:#?}, not {allowed:#?}", told(&got)));
            return verdict;
        }
        self.again(&mut verdict).await;
        verdict
    }

    async fn ended(&self, verdict: &mut Verdict) -> Option<Vec<Value>> {
        match self.setup.ended(END_MAX).await {
            Ok(operations) => Some(operations),
            Err(going_on) => {
                verdict.unended += going_on.len();
                verdict.reasons.push(format!("goes on: {going_on:?}"));
                None
            }
        }
    }

    /// What may be there after the first attempt: what its operation says, or else its answer.
    fn allowed(&self, operations: &[Value], got: &Got) -> Vec<&Vec<String>> {
        let whole = &self.plan.whole;
        let (before, after) = (&whole.before, &whole.after);
        let own = operations.iter().find(|operation| operation["request_id"] == *self.marks.request_id);
        let done = match (own, got) {
            (Some(operation), _) => operation["state"] == "done",
            (None, Ok(answer)) => answer.code == 0,
            (None, Err(_)) => return vec![before, after],
        };
        match (done, whole.change.undone) {
            (true, _) => vec![after],
            (false, true) => vec![before],
            (false, false) => vec![before, after],
        }
    }

    /// The client tries until it succeeds, or is told that it never will.
    async fn again(&self, verdict: &mut Verdict) {
        let mut requests = vec![self.marks.request_id.clone()];
        let mut last = String::new();
        let answered = settled(END_MAX, async || {
            let marks = self.marks.again();
            requests.push(marks.request_id.clone());
            let got = self.attempt(&marks).await;
            last = told(&got);
            got.ok().filter(|answer| !TRY_AGAIN.contains(&answer.code))
        });
        let Some(answer) = answered.await else {
            verdict.unended += 1;
            return verdict.reasons.push(format!("the next attempts do not succeed: {last}"));
        };
        if let Some(operations) = self.ended(verdict).await {
            self.made_once(&answer, &operations, &requests, verdict).await;
        }
    }

    async fn made_once(
        &self,
        answer: &Answer,
        operations: &[Value],
        requests: &[String],
        verdict: &mut Verdict,
    ) {
        let whole = &self.plan.whole;
        let done = operations.iter().filter(|operation| {
            operation["state"] == "done" && requests.iter().any(|id| operation["request_id"] == **id)
        });
        let twice = done.count().saturating_sub(1);
        // Whoever is told that it cannot be may find that it was before, as with a deletion whose answer was lost.
        let allowed = if answer.code == 0 { vec![&whole.after] } else { vec![&whole.before, &whole.after] };
        let left = self.setup.comes_to(&allowed, CENSUS_MAX).await;
        let more = left.as_ref().err().map_or(0, |found| beyond(found, &allowed));
        verdict.doubled += twice.max(more);
        if twice.max(more) > 0 {
            let answer = (answer.code, &answer.msg);
            verdict.reasons.push(format!(
                "after the next attempt {answer:?}: {operations:?} and {left:#?}, not {allowed:#?}"
            ));
        }
    }
}

/// How many lines are too many, or missing, compared with what is nearest.
fn beyond(found: &[String], allowed: &[&Vec<String>]) -> usize {
    let difference = |one: &[String], other: &[String]| {
        let mut rest = other.to_vec();
        one.iter()
            .filter(|line| match rest.iter().position(|other| other == *line) {
                Some(at) => {
                    rest.swap_remove(at);
                    false
                }
                None => true,
            })
            .count()
    };
    let differences = allowed.iter().map(|lines| difference(found, lines).max(difference(lines, found)));
    differences.min().unwrap_or(found.len())
}

fn told(got: &Got) -> String {
    match got {
        Ok(answer) => format!("{} {}", answer.code, answer.msg),
        Err(status) => status.to_string(),
    }
}
