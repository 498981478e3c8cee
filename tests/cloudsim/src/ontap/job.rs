//! Jobs: what ONTAP does after it has answered. A job is queued, runs, and succeeds or fails; it is remembered.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::records::Kind;
use super::volume::Deed;
use super::{Array, hal, no_api, no_entry};
use crate::call::{Answer, Call, Outcome};
use crate::world::{Event, World, uuid};

/// The code of a job that failed.
const JOB_FAILED: u64 = 460_770;

const KIND: Kind = Kind {
    path: "/api/cluster/jobs",
    key: "uuid",
    listed: &["uuid"],
    shown: &["uuid", "description", "state", "message", "code", "start_time", "end_time", "svm", "error"],
    costly: &[],
};

pub(super) struct Job {
    uuid: String,
    description: String,
    state: State,
    /// What it works on.
    pub(super) volume: String,
    deed: Deed,
    began: Timestamp,
    ended: Option<Timestamp>,
}

/// How far a job is.
enum State {
    Queued,
    Running,
    Success,
    Failure(String),
}

/// What happens to a job later.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    Runs,
    Ends,
}

impl Job {
    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Success | State::Failure(_))
    }

    fn view(&self, array: &Array) -> Value {
        let (state, message, code) = match &self.state {
            State::Queued => ("queued", "", 0),
            State::Running => ("running", "", 0),
            State::Success => ("success", "success", 0),
            State::Failure(why) => ("failure", why.as_str(), JOB_FAILED),
        };
        let mut view = json!({
            "uuid": self.uuid, "description": self.description, "state": state, "message": message, "code": code,
            "start_time": super::time(self.began), "svm": array.svm.view(),
        });
        if let Some(ended) = self.ended {
            view["end_time"] = json!(super::time(ended));
        }
        if code != 0 {
            view["error"] = json!({"message": message, "code": code.to_string()});
        }
        view
    }
}

pub(super) fn route(array: &Array, call: &Call, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let views: Vec<Value> = array.jobs.values().map(|job| job.view(array)).collect();
            KIND.list(call, &views)
        }
        ("GET", [id]) => KIND.one(call, &array.jobs.get(*id).ok_or_else(no_entry)?.view(array)),
        _ => Err(no_api()),
    }
}

/// Begins a job on a volume; `description` is the request that it carries out.
pub(super) fn begin(world: &mut World, call: &Call, volume: &str, deed: Deed) -> Answer {
    let description = format!("{} /api/storage/volumes/{volume}", call.method);
    let job = Job {
        uuid: uuid(),
        description,
        state: State::Queued,
        volume: volume.to_owned(),
        deed,
        began: world.now,
        ended: None,
    };
    let link = format!("{}/{}", KIND.path, job.uuid);
    let body = json!({"job": {"uuid": job.uuid, "_links": {"self": {"href": link}}}});
    let delay_ms = world.timing.array_job_ms;
    world.later(delay_ms / 2, Event::Array { job: job.uuid.clone(), step: Step::Runs });
    world.later(delay_ms, Event::Array { job: job.uuid.clone(), step: Step::Ends });
    world.array.jobs.insert(job.uuid.clone(), job);
    hal(202, &body)
}

/// Applies a step; what is over stays as it is.
pub(crate) fn happen(world: &mut World, id: &str, step: Step) {
    if world.array.jobs.get(id).is_none_or(Job::is_over) {
        return;
    }
    let Some(mut job) = world.array.jobs.remove(id) else { return };
    let outcome = match step {
        Step::Runs => job.deed.begin(world, &job.volume),
        Step::Ends => job.deed.end(world, &job.volume),
    };
    job.state = match (outcome, step) {
        (Err(why), _) => State::Failure(why),
        (Ok(()), Step::Runs) => State::Running,
        (Ok(()), Step::Ends) => State::Success,
    };
    job.ended = job.is_over().then_some(world.now);
    world.array.jobs.insert(id.to_owned(), job);
}
