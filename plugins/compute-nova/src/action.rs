//! Start, stop, reboot, suspend, resume.

use patchbay_sdk::error::kind;
use patchbay_sdk::stale::{Stop, doubtful, missing};
use patchbay_sdk::{Begun, Error, Progress};
use serde_json::{Value, json};

use crate::nova::{self, Before, State};
use crate::ticket::{Ticket, finished};

/// Asks Nova for it; the ticket ends when the server rests in the state that it leads to.
pub(crate) async fn begin(id: String, action: &str) -> Result<Begun, Error> {
    let (body, want) = request(action)?;
    let before = Before::from(&nova::state(&id).await?);
    nova::act(&id, &body).await.map_err(|e| {
        let state = format_args!("The instance {id} is not in a state that allows {action:?}.").to_string();
        e.explain(kind::CONFLICT, state)
    })?;
    Ok(Ticket::Operate { server: id.clone(), want: want.into(), before }.begun(id))
}

/// One look at the server.
pub(crate) async fn poll(server: String, want: String, before: Before) -> Result<Progress, Stop> {
    let state = nova::state(&server).await.map_err(missing)?;
    if rests(&state, &want, &before)? {
        return Ok(finished(state.updated.some()));
    }
    let step = state.task().unwrap_or("waiting");
    Ok(Ticket::Operate { server, want, before }.pending(step))
}

/// Nova's words for an action, and the status that it leads to.
fn request(action: &str) -> Result<(Value, &'static str), Error> {
    Ok(match action {
        "start" => (json!({"os-start": null}), "ACTIVE"),
        "stop" => (json!({"os-stop": null}), "SHUTOFF"),
        "softreboot" => (json!({"reboot": {"type": "SOFT"}}), "ACTIVE"),
        "hardreboot" => (json!({"reboot": {"type": "HARD"}}), "ACTIVE"),
        "suspend" => (json!({"suspend": null}), "SUSPENDED"),
        "resume" => (json!({"resume": null}), "ACTIVE"),
        _ => {
            let known = "start, stop, softreboot, hardreboot, suspend, resume";
            return Err(Error::public(kind::INVALID, format_args!("operate_type must be one of {known}.")));
        }
    })
}

/// Whether it is done. Nova sets the task before it accepts an action, so a server that rests elsewhere has come to the end of
/// an action that failed, or shows how it was before.
fn rests(state: &State, want: &str, before: &Before) -> Result<bool, Stop> {
    let is_of_before = *before == Before::from(state);
    match (state.task(), state.status.as_str()) {
        (Some(_), _) => Ok(false),
        (None, status) if status == want && is_of_before => {
            Err(Stop::Doubtful(Ok(finished(Some(before.updated.clone())))))
        }
        (None, status) if status == want => Ok(true),
        (None, "ERROR") if state.fault_at() == before.fault => Err(doubtful(undone())),
        (None, "ERROR") => Err(state.failure().unwrap_or_else(undone).into()),
        (None, "ACTIVE" | "SHUTOFF" | "SUSPENDED" | "PAUSED") => Err(doubtful(undone())),
        (None, _) => Ok(false),
    }
}

fn undone() -> Error {
    Error::public(kind::INTERNAL, "The cloud did not carry the action out.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nova::tests::{failed, state};

    /// When an earlier action failed.
    const THEN: &str = "2026-11-22T10:00:00Z";

    #[test]
    fn every_action_of_the_contract_is_known() {
        for action in ["start", "stop", "softreboot", "hardreboot", "suspend", "resume"] {
            assert!(request(action).is_ok(), "{action}");
        }
        assert!(request("explode").unwrap_err().message.contains("operate_type"));
    }

    fn seen(state: &State, want: &str) -> &'static str {
        match rests(state, want, &Before { updated: "2026-11-23T09:24:00Z".into(), fault: THEN.into() }) {
            Ok(false) => "goes on",
            Ok(true) => "done",
            Err(Stop::Failed(_)) => "failed",
            Err(Stop::Doubtful(_)) => "doubtful",
        }
    }

    #[test]
    fn an_action_ends_where_it_leads() {
        assert_eq!(seen(&state("ACTIVE", Some("powering-off")), "SHUTOFF"), "goes on");
        assert_eq!(seen(&state("REBOOT", None), "ACTIVE"), "goes on");
        assert_eq!(seen(&state("SHUTOFF", None), "SHUTOFF"), "done");
        assert_eq!(seen(&state("ACTIVE", None), "SHUTOFF"), "doubtful");
    }

    #[test]
    fn what_is_of_before_is_not_the_actions() {
        assert_eq!(seen(&failed(THEN, state("ERROR", Some("reboot_started_hard"))), "ACTIVE"), "goes on");
        assert_eq!(seen(&failed(THEN, state("ERROR", None)), "ACTIVE"), "doubtful");
        assert_eq!(seen(&failed("2026-11-23T09:24:04Z", state("ERROR", None)), "ACTIVE"), "failed");
        let running = state("ACTIVE", None);
        let again = rests(&running, "ACTIVE", &Before::from(&running));
        assert!(matches!(again, Err(Stop::Doubtful(Ok(_)))), "a reboot leads to where it began");
    }
}
