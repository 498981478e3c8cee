//! What goes on after a call, and how it is undone. What a ticket says is in `ticket`, the steps are in the files of what
//! they are about.

use patchbay_sdk::ticket::{self, finished};
use patchbay_sdk::{Context, Error, Operation, Progress, log};

use crate::ticket::Ticket;
use crate::{create, limits, quota};

impl Ticket {
    async fn step(&self, ctx: &Context) -> Result<Progress, Error> {
        match self {
            Self::Bucket(new) => create::poll(ctx, new).await,
            Self::Quota { uid, after, .. } => limits::set(uid, after).await.map(|()| finished(None)),
        }
    }

    async fn undo(&self, ctx: &Context) -> Result<(), Error> {
        match self {
            Self::Bucket(new) => create::undo(ctx, Some(new)).await,
            Self::Quota { uid, before, after } => quota::undo(ctx, uid, before, after).await,
        }
    }
}

impl Operation for crate::Ceph {
    /// The gateway does everything at once. Whoever hears of a failure finds things as they were before.
    async fn poll(ctx: Context, ticket: String) -> Result<Progress, Error> {
        let ticket: Ticket = ticket::read(&ticket)?;
        let answer = ticket.step(&ctx).await;
        if answer.as_ref().is_err_and(|error| !error.is_passing())
            && let Err(error) = ticket.undo(&ctx).await
        {
            // The host comes back to undo it.
            log::warn(&error.message);
        }
        answer
    }

    async fn abandon(ctx: Context, ticket: Option<String>) -> Result<Progress, Error> {
        match ticket.as_deref().map(ticket::read::<Ticket>).transpose()? {
            Some(ticket) => ticket.undo(&ctx).await?,
            None => create::undo(&ctx, None).await?,
        }
        Ok(finished(None))
    }
}
