//! ONTAP's jobs: what it does after it has answered. It forgets a job after a while; what that did shows on the volume.

use patchbay_sdk::Error;
use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Maybe, Text};
use serde::Deserialize;

use crate::ontap;
use crate::refusal::{self, Fault};

#[derive(Deserialize)]
struct Job {
    state: Text,
    error: Maybe<Fault>,
}

#[derive(Deserialize)]
struct Any {}

/// How far a job is.
pub(crate) enum State {
    GoesOn,
    /// Done, or forgotten.
    Done,
    Failed(Error),
}

pub(crate) async fn look(id: &str) -> Result<State, Error> {
    let request = ontap::request("GET", &["cluster", "jobs", id]).query("fields", "state,error");
    let job: Job = match ontap::ok(request).await {
        Err(error) if error.is(kind::NOT_FOUND) => return Ok(State::Done),
        answer => answer?.json()?,
    };
    Ok(match job.state.as_str() {
        "success" => State::Done,
        "failure" => State::Failed(refusal::of_job(&job.error.get().unwrap_or_default())),
        _ => State::GoesOn,
    })
}

/// Whether any volume at all is being made: one whose request's answer was lost may be among them.
pub(crate) async fn any_makes_a_volume() -> Result<bool, Error> {
    let filters = [("state", "queued|running|paused"), ("description", "POST /api/storage/volumes*")];
    let jobs: Vec<Any> = ontap::list(&["cluster", "jobs"], &filters, "uuid").await?;
    Ok(!jobs.is_empty())
}
