//! A server's actions: what was asked for, when, and how it ended. They can be read after the server is gone.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::server::{Server, not_found, owns};
use super::{HOST, require};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::{World, micros};

/// From here on the actions of deleted servers are shown.
const OF_DELETED: u16 = 21;
/// From here on there is `updated_at`; from there the events show their host's id.
const UPDATED_AT: u16 = 58;
const EVENT_HOST: u16 = 62;

/// The event that does an action's work.
const EVENTS: [(&str, &str); 12] = [
    ("create", "compute__do_build_and_run_instance"),
    ("delete", "compute_terminate_instance"),
    ("start", "compute_start_instance"),
    ("stop", "compute_stop_instance"),
    ("reboot", "compute_reboot_instance"),
    ("suspend", "compute_suspend_instance"),
    ("resume", "compute_resume_instance"),
    ("resize", "compute_finish_resize"),
    ("confirmResize", "compute_confirm_resize"),
    ("revertResize", "compute_finish_revert_resize"),
    ("attach_volume", "compute_attach_volume"),
    ("detach_volume", "compute_detach_volume"),
];

/// One action.
pub(super) struct Action {
    name: &'static str,
    request_id: String,
    user_id: String,
    project_id: String,
    started: Timestamp,
    /// When it ended, and whether well.
    ended: Option<(Timestamp, bool)>,
}

impl Action {
    pub(super) fn begun(name: &'static str, call: &Call, caller: &Caller, now: Timestamp) -> Self {
        Self {
            name,
            request_id: call.request_id.clone(),
            user_id: caller.user_id.clone(),
            project_id: caller.project_id.clone(),
            started: now,
            ended: None,
        }
    }

    fn view(&self, server: &str, minor: u16) -> Value {
        let failed = matches!(self.ended, Some((_, false)));
        let mut view = json!({
            "action": self.name, "instance_uuid": server, "request_id": self.request_id, "user_id": self.user_id,
            "project_id": self.project_id, "start_time": micros(self.started),
            "message": failed.then_some("Error"),
        });
        if minor >= UPDATED_AT {
            view["updated_at"] = json!(micros(self.ended.map_or(self.started, |(at, _)| at)));
        }
        view
    }

    fn event(&self, caller: &Caller, minor: u16, host_id: &str) -> Value {
        let name = EVENTS.iter().find(|(name, _)| *name == self.name).map(|(_, event)| *event);
        let finish = self.ended.map(|(at, _)| micros(at));
        let result = self.ended.map(|(_, well)| if well { "Success" } else { "Error" });
        let mut event = json!({
            "event": name, "start_time": micros(self.started), "finish_time": finish, "result": result,
        });
        if minor >= EVENT_HOST {
            event["hostId"] = json!(host_id);
        }
        if caller.admin {
            event["traceback"] = json!(null);
            event["host"] = json!(HOST);
        }
        event
    }
}

impl Server {
    /// Ends the latest action.
    pub(super) fn conclude(&mut self, now: Timestamp, well: bool) {
        if let Some(action) = self.history.iter_mut().rev().find(|action| action.ended.is_none()) {
            action.ended = Some((now, well));
        }
    }
}

pub(super) fn route(world: &World, caller: &Caller, minor: u16, id: &str, rest: &[&str]) -> Outcome {
    let seen = |server: &&Server| owns(server, caller) && (minor >= OF_DELETED || !server.is_deleted());
    let server = world.compute.servers.get(id).filter(seen).ok_or_else(|| not_found(id))?;
    match rest {
        [] => {
            require(caller.reader, "os-instance-actions:list")?;
            let actions: Vec<Value> =
                server.history.iter().rev().map(|action| action.view(id, minor)).collect();
            Ok(Answer::json(200, &json!({"instanceActions": actions})))
        }
        [request, ..] => {
            require(caller.reader, "os-instance-actions:show")?;
            let action = server.history.iter().find(|action| action.request_id == *request);
            let action = action.ok_or_else(|| Refusal::not_found(format!("Action {request} not found")))?;
            let mut view = action.view(id, minor);
            let host_id = super::view::host_id(&server.project_id);
            view["events"] = json!([action.event(caller, minor, &host_id)]);
            Ok(Answer::json(200, &json!({"instanceAction": view})))
        }
    }
}
