//! Deleting an instance. Nova detaches its data volumes and removes its root volume.

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Items, Text, Time};
use patchbay_sdk::stale::{Stop, doubtful};
use patchbay_sdk::{Begun, Error, Progress};
use serde::Deserialize;

use crate::nova::{self, NOVA, SERVERS, State};
use crate::ticket::{Ticket, finished};

#[derive(Deserialize)]
struct Actions {
    #[serde(rename = "instanceActions")]
    actions: Items<Action>,
}

#[derive(Deserialize)]
struct Action {
    action: Text,
    updated_at: Time,
}

/// Asks Nova for it; the ticket ends when the server is gone.
pub(crate) async fn begin(id: String) -> Result<Begun, Error> {
    let answer = SERVERS.delete(&["servers", &id]).ok().await;
    answer.map_err(|e| {
        nova::absent(e, &id).explain(kind::CONFLICT, format_args!("The instance {id} cannot be deleted now."))
    })?;
    Ok(Ticket::Delete { server: id.clone() }.begun(id))
}

/// One look at the server.
pub(crate) async fn poll(server: String) -> Result<Progress, Stop> {
    match nova::state(&server).await {
        Err(error) if error.is(kind::NOT_FOUND) => Ok(finished(deleted_at(&server).await)),
        Err(error) => Err(error.into()),
        Ok(state) if is_refused(&state) => Err(doubtful(Error::public(
            kind::INTERNAL,
            "The cloud failed to delete the instance; try again.",
        ))),
        // Where the cloud keeps deleted servers for a while, this is their end.
        Ok(state) if state.rests_in("SOFT_DELETED") => Ok(finished(state.updated.some())),
        Ok(_) => Ok(Ticket::Delete { server }.pending("deleting")),
    }
}

/// A server in ERROR that is being deleted has a task, which one that was in ERROR before shows a moment later.
fn is_refused(state: &State) -> bool {
    state.rests_in("ERROR")
}

/// Nova keeps the actions of a server that is gone. None where the cloud hides them.
async fn deleted_at(server: &str) -> Option<String> {
    let answer = NOVA.get(&["servers", server, "os-instance-actions"]).ok().await.ok()?;
    let Actions { actions } = answer.json().ok()?;
    let delete = actions.into_iter().find(|action| action.action == "delete")?;
    delete.updated_at.some()
}
