//! What goes on after a VPC's create or update, and the removal of one that did not become whole. What the host keeps of it
//! is in `ticket`.

use patchbay_sdk::error::kind;
use patchbay_sdk::stale::{Stop, doubtful};
use patchbay_sdk::{Context, Error, Progress, join_all};
use serde_json::{Value, json};

use super::ticket::Ticket;
use super::{One, absent};
use crate::error::stating;
use crate::neutron::{self, NEUTRON};
use crate::ticket::finished;

/// The step, which Neutron takes at once. The error says which state holds. A VPC that is not there may be so new that not all
/// of the cloud knows it yet.
pub(crate) async fn poll(_ctx: &Context, ticket: Ticket) -> Result<Progress, Stop> {
    let error = match on(&ticket).await {
        Err(Stop::Failed(error)) if !error.is_passing() => error,
        result => return result,
    };
    let back = back(&ticket).await.is_ok();
    Err(match (ticket, back) {
        _ if error.is(kind::NOT_FOUND) => error,
        (Ticket::Describe { .. }, true) => stating(error, "Nothing of the VPC is left."),
        (Ticket::Describe { .. }, false) => stating(error, "What was made of the VPC is being removed."),
        (Ticket::Update { .. }, _) => stating(error, "The VPC is as it was before."),
    }
    .into())
}

/// Removes a VPC that was being made.
pub(crate) async fn abandon(_ctx: &Context, ticket: Ticket) -> Result<Progress, Error> {
    back(&ticket).await?;
    Ok(finished(None))
}

async fn on(ticket: &Ticket) -> Result<Progress, Stop> {
    match ticket {
        Ticket::Describe { vpc, description } => set(vpc, json!({ "description": description })).await,
        Ticket::Update { vpc, name, description } => {
            let given = [("name", name), ("description", description)];
            let given = given.into_iter().filter(|(_, text)| !text.is_empty());
            set(vpc, given.map(|(key, text)| (key.to_owned(), json!(text))).collect()).await
        }
    }
}

async fn back(ticket: &Ticket) -> Result<(), Error> {
    match ticket {
        Ticket::Describe { vpc, .. } => remove(vpc).await,
        // One step, which was either taken or not.
        Ticket::Update { .. } => Ok(()),
    }
}

/// Removes what bears the operation's mark; whether there was nothing.
pub(crate) async fn undo(ctx: &Context, operation: &str) -> Result<bool, Error> {
    let marked = neutron::marked(ctx, "networks", operation).await?;
    join_all(marked.iter().map(|vpc| remove(vpc))).await.into_iter().collect::<Result<(), Error>>()?;
    Ok(marked.is_empty())
}

/// A network's subnets go with it.
async fn remove(vpc: &str) -> Result<(), Error> {
    let gone = NEUTRON.delete(&["networks", vpc]).gone().await;
    gone.map_err(|e| e.explain(kind::CONFLICT, format_args!("The VPC {vpc} is in use already.")))
}

async fn set(vpc: &str, fields: Value) -> Result<Progress, Stop> {
    let answer = NEUTRON.put(&["networks", vpc]).json(&json!({ "network": fields }))?.ok().await;
    let changed = answer.map_err(|e| unchangeable(e, vpc))?.json::<One>()?.network;
    Ok(finished(changed.updated_at.some()))
}

/// What the tenant sees and may not change is shared by somebody else.
fn unchangeable(error: Error, vpc: &str) -> Stop {
    let is_missing = error.is(kind::NOT_FOUND);
    let error = if error.is(kind::DENIED) { Error { kind: kind::NOT_FOUND.into(), ..error } } else { error };
    let error =
        absent(error, vpc).explain(kind::INVALID, "vpc_name or vpc_desc is not acceptable to the cloud.");
    if is_missing { doubtful(error) } else { error.into() }
}
