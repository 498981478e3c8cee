//! What goes on after a call, and the removal of what an abandoned operation made: which file carries each ticket on.
//! What a ticket says is in `ticket`, the steps of each resource are in its own file.

use patchbay_sdk::error::kind;
use patchbay_sdk::stale::{self, Stop};
use patchbay_sdk::{Context, Error, Operation, Progress, join, ticket};

use crate::ticket::{Ticket, finished};
use crate::{routers, security_groups, vpcs};

async fn step(ctx: &Context, ticket: Ticket) -> Result<Progress, Stop> {
    match ticket {
        Ticket::Vpc(ticket) => vpcs::poll(ctx, ticket).await,
        Ticket::Router(ticket) => routers::poll(ctx, ticket).await,
        Ticket::SecurityGroup(ticket) => security_groups::poll(ticket).await,
        Ticket::Undo => Err(Error::hidden(kind::INTERNAL, "an abandoned operation is polled").into()),
    }
}

impl Operation for crate::Neutron {
    async fn poll(ctx: Context, ticket: String) -> Result<Progress, Error> {
        stale::poll(&ticket, async |ticket| step(&ctx, ticket).await).await
    }

    async fn abandon(ctx: Context, ticket: Option<String>) -> Result<Progress, Error> {
        match ticket.as_deref().map(ticket::read).transpose()? {
            Some(Ticket::Vpc(ticket)) => vpcs::abandon(&ctx, ticket).await,
            Some(Ticket::Router(ticket)) => routers::abandon(&ctx, ticket).await,
            Some(Ticket::SecurityGroup(ticket)) => security_groups::abandon(ticket).await,
            Some(Ticket::Undo) | None => undo(&ctx).await,
        }
    }
}

/// Removes what bears the operation's mark. The call that began it gave no ticket, so that may be of any kind.
async fn undo(ctx: &Context) -> Result<Progress, Error> {
    let Some(operation) = ctx.operation_id.as_deref() else { return Ok(finished(None)) };
    let routers_and_groups = join(routers::undo(ctx, operation), security_groups::undo(ctx, operation));
    let (vpcs, (routers, groups)) = join(vpcs::undo(ctx, operation), routers_and_groups).await;
    let none_left = vpcs? & routers? & groups?;
    Ok(if none_left { finished(None) } else { Ticket::Undo.pending("removing") })
}
