//! What goes on after a call, and the removal of what an abandoned operation made: the tickets, and which file
//! carries each one on. The steps of each resource are in its own file.

use patchbay_sdk::error::kind;
pub(crate) use patchbay_sdk::ticket::finished;
use patchbay_sdk::{Begun, Context, Error, Operation, Progress, join, log, ticket};
use serde::{Deserialize, Serialize};

use crate::{routers, security_groups, vpcs};

/// What the host keeps of an operation, as small JSON: a resource, and what its file keeps. A plugin of a later
/// version reads it too, so fields are only added, with defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ticket {
    Vpc(vpcs::Ticket),
    Router(routers::Ticket),
    SecurityGroup(security_groups::Ticket),
    /// What bears the operation's mark is being removed.
    Undo,
}

impl Ticket {
    /// What a call answers that began this.
    pub(crate) fn begun(&self, resource_id: String) -> Begun {
        ticket::begun(resource_id, self)
    }

    /// Still going on, with this as the next ticket.
    pub(crate) fn pending(&self, state: &str) -> Progress {
        ticket::pending(self, state)
    }
}

/// The error with a sentence that says which state holds now, all of it for the platform.
pub(crate) fn stating(error: Error, state: &str) -> Error {
    let what = if error.public {
        error.message
    } else {
        log::warn(&error.message);
        "The cloud did not carry the change out.".into()
    };
    Error { message: format!("{what} {state}"), public: true, ..error }
}

impl Operation for crate::Neutron {
    async fn poll(ctx: Context, ticket: String) -> Result<Progress, Error> {
        match ticket::read(&ticket)? {
            Ticket::Vpc(ticket) => vpcs::poll(&ctx, ticket).await,
            Ticket::Router(ticket) => routers::poll(&ctx, ticket).await,
            Ticket::SecurityGroup(ticket) => security_groups::poll(ticket).await,
            Ticket::Undo => Err(Error::hidden(kind::INTERNAL, "an abandoned operation is polled")),
        }
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
