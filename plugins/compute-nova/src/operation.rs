//! What goes on after a call: which file carries each ticket on. What a ticket says is in `ticket`, the steps are in
//! the files of the verbs.

use patchbay_sdk::error::kind;
use patchbay_sdk::stale::{self, Stop};
use patchbay_sdk::{Context, Error, Operation, Progress, ticket};

use crate::ticket::{Ticket, finished};
use crate::{action, create, delete, resize};

async fn step(ctx: Context, ticket: Ticket) -> Result<Progress, Stop> {
    match ticket {
        Ticket::Create { server, disks, attached } => create::poll(ctx, server, disks, attached).await,
        Ticket::Operate { server, want, before } => action::poll(server, want, before).await,
        Ticket::AskResize { server, flavor_id, flavor } => resize::ask(server, &flavor_id, flavor).await,
        Ticket::Resize { server, flavor, confirmed } => resize::poll(server, flavor, confirmed).await,
        Ticket::Delete { server } => delete::poll(server).await,
        Ticket::Undo => Err(Error::hidden(kind::INTERNAL, "an abandoned operation is polled").into()),
    }
}

impl Operation for crate::Nova {
    async fn poll(ctx: Context, ticket: String) -> Result<Progress, Error> {
        stale::poll(&ticket, async |ticket| step(ctx, ticket).await).await
    }

    async fn abandon(ctx: Context, ticket: Option<String>) -> Result<Progress, Error> {
        match ticket.as_deref().map(ticket::read).transpose()? {
            // They made nothing, and half of them is no worse than none.
            Some(Ticket::Operate { .. } | Ticket::Delete { .. }) => Ok(finished(None)),
            Some(Ticket::AskResize { server, flavor, .. }) => resize::undo(server, flavor, false).await,
            Some(Ticket::Resize { server, flavor, confirmed }) => {
                resize::undo(server, flavor, confirmed).await
            }
            ticket => create::undo(ctx, ticket).await,
        }
    }
}
