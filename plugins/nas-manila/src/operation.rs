//! What goes on after a call: a share on its way to a state, and the removal of what an abandoned create made. What the
//! host keeps of it is in `ticket`, how a change begins in the files of the verbs.

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Items, Text, Time};
use patchbay_sdk::stale::{self, Stop, doubtful, missing};
use patchbay_sdk::{Context, Error, Finished, Operation, Pending, Progress, join_all, log, reason, ticket};
use serde::Deserialize;

use crate::share::Share;
use crate::ticket::{Ticket, Want};
use crate::{delete, export, manila, share, share_network};

#[derive(Deserialize)]
struct Messages {
    messages: Items<Message>,
}

#[derive(Deserialize)]
struct Message {
    resource_id: Text,
    user_message: Text,
    created_at: Time,
}

impl Ticket {
    fn of_delete(text: &str) -> Option<Self> {
        ticket::read(text).ok().filter(|kept: &Self| kept.want == Want::Gone)
    }

    async fn step(self, ctx: &Context) -> Result<Progress, Stop> {
        if self.unasked {
            if delete::ask(&self.id).await? {
                return Ok(ticket::pending(&Self { unasked: false, ..self }, "share-deleting"));
            }
            // Nothing of it is in what it was in, as far as the cloud shows, which keeps what is used.
            self.leave(ctx).await?;
            return Err(Stop::Doubtful(Ok(ticket::finished(None))));
        }
        let share = match share::look(&self.id).await {
            Err(error) if self.want == Want::Gone && error.is(kind::NOT_FOUND) => {
                self.leave(ctx).await?;
                return Ok(ticket::finished(None));
            }
            share => share.map_err(missing)?,
        };
        match next(self.want, &share).await? {
            Some(state) => Ok(ticket::pending(&self, state)),
            None => made(&share).await,
        }
    }

    /// What the cloud has begun to delete goes, and what it was in has to follow; a share that rests stays.
    async fn follow(&self, ctx: &Context) -> Result<Option<String>, Error> {
        match share::look(&self.id).await {
            Err(error) if error.is(kind::NOT_FOUND) => self.leave(ctx).await.map(|()| None),
            share => Ok(share?.status.some().filter(|status| status == "deleting")),
        }
    }

    /// What is left to do when the share is gone, whatever comes: this is tried until the cloud takes it.
    async fn leave(&self, ctx: &Context) -> Result<(), Error> {
        let Some(network) = &self.share_network else { return Ok(()) };
        let removed = share_network::remove_if_unused(ctx, network).await;
        removed.map_err(|e| Error { kind: kind::BUSY.into(), ..e })
    }
}

impl Operation for crate::Manila {
    async fn poll(ctx: Context, ticket: String) -> Result<Progress, Error> {
        stale::poll(&ticket, async |kept: Ticket| kept.step(&ctx).await).await
    }

    /// What bears the operation's mark was made by it: shares first, then what they were in. A delete made
    /// nothing: what it began goes on to its end.
    async fn abandon(ctx: Context, ticket: Option<String>) -> Result<Progress, Error> {
        let finished = ticket::finished(None);
        if let Some(kept) = ticket.as_deref().and_then(Ticket::of_delete) {
            let state = kept.follow(&ctx).await?;
            let ticket = ticket.unwrap_or_default();
            let pending = |state| Progress::Pending(Pending { ticket, state, percent: None });
            return Ok(state.map_or(finished, pending));
        }
        let Some(operation) = &ctx.operation_id else { return Ok(finished) };
        let left = share::made_by(&ctx, operation).await?;
        if left.is_empty() {
            share_network::undo(&ctx).await?;
            return Ok(finished);
        }
        let deletable = left.iter().filter(|share| is_deletable(&share.status));
        let deleted = join_all(deletable.map(|share| delete::remove(&share.id))).await;
        deleted.into_iter().collect::<Result<Vec<bool>, Error>>()?;
        let (ticket, state) = (ticket.unwrap_or_default(), "share-removing".into());
        Ok(Progress::Pending(Pending { ticket, state, percent: None }))
    }
}

/// The step that is still going on, none where the share is made.
async fn next(want: Want, share: &Share) -> Result<Option<String>, Stop> {
    let (id, status) = (&share.id, share.status.as_str());
    let sentence = || format!("The cloud failed to delete the share {id}: it is {status} now.");
    match want {
        Want::Available if status == "available" => Ok(None),
        Want::Available if status == "error" => Err(failed(&reason(id).await).into()),
        Want::Gone if status == "error_deleting" => {
            Err(reason::failed(kind::INTERNAL, &sentence(), &reason(id).await).into())
        }
        // Or it is how that was before it was asked to go.
        Want::Gone if matches!(status, "available" | "error") => {
            Err(doubtful(Error::public(kind::INTERNAL, sentence())))
        }
        _ => Ok(Some(format!("share-{}", reason::public(status)))),
    }
}

/// The end of a create. Some backends export a share a moment after it is available.
async fn made(share: &Share) -> Result<Progress, Stop> {
    let location = export::location(&share.id, &share.network().await?).await?;
    let message = location.map(|location| format!("Its export location is {location}."));
    let is_told = message.is_some();
    let end = Progress::Finished(Finished { at: None, message });
    if is_told { Ok(end) } else { Err(Stop::Doubtful(Ok(end))) }
}

/// Why Manila gave up on a share, in the words that it has for its users; empty where it says nothing.
async fn reason(share: &str) -> String {
    let answer = manila::get(&["messages"]).query("resource_id", share).ok().await;
    let messages = answer.and_then(|answer| answer.json::<Messages>());
    let messages = messages.inspect_err(|error| log::warn(&error.message));
    let Ok(Messages { messages }) = messages else { return String::new() };
    let own = messages.into_iter().filter(|message| message.resource_id == *share);
    let last = own.max_by(|a, b| a.created_at.cmp(&b.created_at));
    last.map(|last| last.user_message.into()).unwrap_or_default()
}

fn failed(reason: &str) -> Error {
    let is_full = ["No valid host", "No storage could be allocated", "apacity"]
        .iter()
        .any(|full| reason.contains(full));
    let kind = if is_full { kind::QUOTA } else { kind::INTERNAL };
    reason::failed(kind, "The cloud failed to make the share.", reason)
}

/// What Manila deletes; everything else is on its way to such a state.
fn is_deletable(status: &str) -> bool {
    matches!(status, "available" | "error" | "inactive")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_why() {
        for (reason, kind) in [
            ("create: Could not find an existing share server.", kind::INTERNAL),
            ("allocate host: No storage could be allocated for this share request.", kind::QUOTA),
            ("", kind::INTERNAL),
        ] {
            let error = failed(reason);
            assert!(error.is(kind) && error.public, "{error:?}");
            assert!(error.message.contains(reason), "{error:?}");
        }
    }
}
