//! Start, stop, reboot, suspend, resume.

use patchbay_sdk::Progress;
use patchbay_sdk::error::kind;
use patchbay_sdk::{Begun, Error};
use serde_json::{Value, json};

use crate::nova::{self, State};
use crate::ticket::{Ticket, finished};

/// Asks Nova for it; the ticket ends when the server rests in the state that it leads to.
pub(crate) async fn begin(id: String, action: &str) -> Result<Begun, Error> {
    let (body, want) = request(action)?;
    nova::act(&id, &body).await.map_err(|e| {
        let state = format_args!("The instance {id} is not in a state that allows {action:?}.").to_string();
        e.explain(kind::CONFLICT, state)
    })?;
    Ok(Ticket::Operate { server: id.clone(), want: want.into() }.begun(id))
}

/// One look at the server.
pub(crate) async fn poll(server: String, want: String) -> Result<Progress, Error> {
    let state = nova::state(&server).await?;
    if rests(&state, &want)? {
        return Ok(finished(state.updated.some()));
    }
    Ok(Ticket::Operate { server, want }.pending(state.task().unwrap_or("waiting")))
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

/// Whether it is done. Nova sets the task before it accepts an action, so a server that rests elsewhere has
/// come to the end of an action that failed.
fn rests(state: &State, want: &str) -> Result<bool, Error> {
    if let Some(error) = state.failure() {
        return Err(error);
    }
    match (state.task(), state.status.as_str()) {
        (Some(_), _) => Ok(false),
        (None, status) if status == want => Ok(true),
        (None, "ACTIVE" | "SHUTOFF" | "SUSPENDED" | "PAUSED") => {
            Err(Error::public(kind::INTERNAL, "The cloud did not carry the action out."))
        }
        (None, _) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nova::tests::state;

    #[test]
    fn every_action_of_the_contract_is_known() {
        for action in ["start", "stop", "softreboot", "hardreboot", "suspend", "resume"] {
            assert!(request(action).is_ok(), "{action}");
        }
        assert!(request("explode").unwrap_err().message.contains("operate_type"));
    }

    #[test]
    fn an_action_ends_where_it_leads() {
        assert!(!rests(&state("ACTIVE", Some("powering-off")), "SHUTOFF").unwrap());
        assert!(!rests(&state("REBOOT", None), "ACTIVE").unwrap());
        assert!(rests(&state("SHUTOFF", None), "SHUTOFF").unwrap());
        assert!(rests(&state("ACTIVE", None), "SHUTOFF").is_err());
        assert!(rests(&state("ERROR", None), "ACTIVE").is_err());
    }
}
