//! ONTAP's jobs: what it does after it has answered. It forgets a job after a while; what that did shows on the volume.

use patchbay_sdk::Error;
use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Maybe, Text};
use serde::Deserialize;

use crate::ontap;
use crate::refusal::{self, Fault};

/// Its failure is in `error`, or in the fields that were there before that one.
#[derive(Deserialize)]
struct Job {
    state: Text,
    error: Maybe<Fault>,
    #[serde(flatten)]
    old: Fault,
}

#[derive(Deserialize)]
struct Any {}

/// How far a job is.
pub(crate) enum State {
    GoesOn,
    /// Done, or forgotten.
    Done,
    Failed(Failure),
}

/// Why a job failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// In the array's words; empty where it has none.
    pub(crate) reason: String,
}

impl Job {
    fn failure(self) -> Failure {
        let fault = self.error.get().unwrap_or(self.old);
        Failure { error: refusal::of_job(&fault), reason: fault.message.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, reason: String::new() }
    }
}

pub(crate) async fn look(id: &str) -> Result<State, Error> {
    let request = ontap::request("GET", &["cluster", "jobs", id]).query("fields", "state,error,code,message");
    let job: Job = match ontap::ok(request).await {
        Err(error) if error.is(kind::NOT_FOUND) => return Ok(State::Done),
        answer => answer?.json()?,
    };
    Ok(match job.state.as_str() {
        "success" => State::Done,
        "failure" => State::Failed(job.failure()),
        _ => State::GoesOn,
    })
}

/// Whether any volume at all is being made: one whose request's answer was lost may be among them.
pub(crate) async fn any_makes_a_volume() -> Result<bool, Error> {
    let filters = [("state", "queued|running|paused"), ("description", "POST /api/storage/volumes*")];
    let jobs: Vec<Any> = ontap::list(&["cluster", "jobs"], &filters, "uuid").await?;
    Ok(!jobs.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_by_whichever_field_has_it() {
        let failure = |job: &str| serde_json::from_str::<Job>(job).unwrap().failure();
        for job in [
            r#"{"state": "failure", "error": {"code": "13107406", "message": "busy"}, "code": 0}"#,
            r#"{"state": "failure", "code": 13107406, "message": "busy"}"#,
            r#"{"state": "failure", "error": null, "code": 13107406, "message": "busy"}"#,
        ] {
            let failure = failure(job);
            assert!(failure.error.is(kind::BUSY) && failure.reason == "busy", "{job}: {failure:?}");
        }
        assert!(failure(r#"{"state": "failure"}"#).error.is(kind::INTERNAL));
    }
}
