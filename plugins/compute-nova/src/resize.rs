//! Another flavor for an instance: Nova moves it, shows VERIFY_RESIZE and waits to be told that all is well.

use patchbay_sdk::error::kind;
use patchbay_sdk::stale::{Stop, doubtful, missing};
use patchbay_sdk::{Begun, Error, Progress};
use serde_json::json;

use crate::flavors;
use crate::nova::{self, State};
use crate::ticket::{Ticket, finished};

/// Nova refuses it, too.
const SAME: &str = "flavor_ref: the instance has this flavor already.";

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Wait(&'static str),
    Confirm,
    Done,
}

/// Looks whether it can be; Nova is asked with the first poll, so that whoever abandons it knows which server it is about.
/// The ticket ends when the server rests with the new flavor.
pub(crate) async fn begin(id: String, flavor_id: String) -> Result<Begun, Error> {
    let flavor = flavors::show(&flavor_id).await;
    let flavor = flavor.map_err(|e| {
        e.explain(kind::NOT_FOUND, format_args!("flavor_ref: there is no flavor {flavor_id}."))
    })?;
    let state = nova::state(&id).await?;
    if is_under_way(&state) {
        return Err(Error::public(kind::CONFLICT, unfit(&id)));
    }
    if flavor.name == *state.flavor() {
        return Err(Error::public(kind::INVALID, SAME));
    }
    Ok(Ticket::AskResize { server: id.clone(), flavor_id, flavor: flavor.name.into() }.begun(id))
}

/// Asks Nova for it, unless an earlier poll did whose answer was lost.
pub(crate) async fn ask(server: String, flavor_id: &str, flavor: String) -> Result<Progress, Stop> {
    let state = nova::state(&server).await.map_err(missing)?;
    if !is_under_way(&state) && state.flavor() != flavor {
        let asked = nova::act(&server, &json!({"resize": {"flavorRef": flavor_id}})).await;
        asked.map_err(|e| refused(e, &server)).map_err(heard_before)?;
    }
    Ok(Ticket::Resize { server, flavor, confirmed: false }.pending("resizing"))
}

/// One look at the server, and the confirmation when it waits for it.
pub(crate) async fn poll(server: String, flavor: String, confirmed: bool) -> Result<Progress, Stop> {
    let state = nova::state(&server).await.map_err(missing)?;
    match next(&state, &flavor, confirmed)? {
        Step::Done => Ok(finished(state.updated.some())),
        Step::Wait(step) => Ok(Ticket::Resize { server, flavor, confirmed }.pending(step)),
        Step::Confirm => {
            match nova::act(&server, &json!({"confirmResize": null})).await {
                // Confirmed by an earlier poll, whose answer was lost, or by Nova's own clock.
                Err(error) if !error.is(kind::CONFLICT) => Err(error.into()),
                _ => Ok(Ticket::Resize { server, flavor, confirmed: true }.pending("confirming")),
            }
        }
    }
}

/// Gives an instance that still waits for the confirmation its old flavor back.
pub(crate) async fn undo(server: String, flavor: String, confirmed: bool) -> Result<Progress, Error> {
    let state = match nova::state(&server).await {
        Err(error) if error.is(kind::NOT_FOUND) => return Ok(finished(None)),
        state => state?,
    };
    if !is_under_way(&state) {
        return Ok(finished(state.updated.some()));
    }
    if state.rests_in("VERIFY_RESIZE") && !confirmed {
        match nova::act(&server, &json!({"revertResize": null})).await {
            Err(error) if !error.is(kind::CONFLICT) => return Err(error),
            _ => {}
        }
    }
    Ok(Ticket::Resize { server, flavor, confirmed }.pending("reverting"))
}

fn is_under_way(state: &State) -> bool {
    state.task().is_some() || matches!(state.status.as_str(), "RESIZE" | "VERIFY_RESIZE" | "REVERT_RESIZE")
}

/// Nova says that the server is busy, too, where an earlier poll asked and its answer was lost.
fn heard_before(error: Error) -> Stop {
    if error.is(kind::CONFLICT) { doubtful(error) } else { error.into() }
}

fn next(state: &State, flavor: &str, confirmed: bool) -> Result<Step, Stop> {
    if let Some(error) = state.failure() {
        return Err(error.into());
    }
    if state.rests_in("VERIFY_RESIZE") && !confirmed {
        return Ok(Step::Confirm);
    }
    if is_under_way(state) {
        return Ok(Step::Wait(if confirmed { "confirming" } else { "resizing" }));
    }
    if state.flavor().is_empty() {
        return Ok(Step::Wait("resizing"));
    }
    if state.flavor() != flavor {
        let sentence = "The cloud could not give the instance this flavor; there may be no room for it.";
        return Err(doubtful(Error::public(kind::QUOTA, sentence)));
    }
    Ok(Step::Done)
}

fn unfit(id: &str) -> String {
    format!("The instance {id} must be active or stopped to change its flavor.")
}

fn refused(error: Error, id: &str) -> Error {
    let sentence = if error.message.contains("must change flavor") {
        SAME
    } else {
        "flavor_ref: the instance cannot have this flavor."
    };
    error
        .explain(kind::INVALID, sentence)
        .explain(kind::CONFLICT, unfit(id))
        .explain(kind::QUOTA, "The tenant's quota does not allow this flavor.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nova::tests::state;

    #[test]
    fn a_resize_is_confirmed_once() {
        let step = |status, task, confirmed| next(&state(status, task), "small", confirmed).unwrap();
        assert_eq!(step("RESIZE", Some("resize_prep"), false), Step::Wait("resizing"));
        assert_eq!(step("VERIFY_RESIZE", None, false), Step::Confirm);
        assert_eq!(step("VERIFY_RESIZE", None, true), Step::Wait("confirming"));
        assert_eq!(step("SHUTOFF", None, true), Step::Done);
    }

    #[test]
    fn novas_own_confirmation_counts() {
        assert_eq!(next(&state("ACTIVE", None), "small", false).unwrap(), Step::Done);
    }

    #[test]
    fn an_instance_that_kept_its_flavor_was_not_resized() {
        let kept = next(&state("ACTIVE", None), "large", false).unwrap_err();
        let Stop::Doubtful(Err(error)) = kept else { panic!("it may be an old state: {kept:?}") };
        assert!(error.is(kind::QUOTA));
        assert!(matches!(next(&state("ERROR", None), "small", false), Err(Stop::Failed(_))));
    }

    #[test]
    fn the_same_flavor_is_named() {
        let error = Error::hidden(kind::INVALID, "When resizing, instances must change flavor!");
        assert!(refused(error, "s1").message.contains("already"));
    }
}
