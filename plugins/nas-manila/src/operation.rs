//! What goes on after a call: a share on its way to a state, and the removal of what an abandoned create made. What the
//! host keeps of it is in `ticket`, how a change begins in the files of the verbs.

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Items, Text, Time};
use patchbay_sdk::{Context, Error, Finished, Operation, Pending, Progress, join_all, log, ticket};
use serde::Deserialize;

use crate::share::Share;
use crate::ticket::{Ticket, Want};
use crate::{delete, manila, share, share_network};

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

    async fn step(&self) -> Result<Option<String>, Error> {
        match (self.want, share::look(&self.id).await) {
            (Want::Gone, Err(error)) if error.is(kind::NOT_FOUND) => Ok(None),
            (want, share) => next(want, &share?).await,
        }
    }

    /// What the cloud has begun to delete goes, and what it was in has to follow; a share that rests stays.
    async fn follow(&self, ctx: &Context) -> Result<Option<String>, Error> {
        match share::look(&self.id).await {
            Err(error) if error.is(kind::NOT_FOUND) => self.end(ctx).await.map(|_| None),
            share => Ok(share?.status.some().filter(|status| status == "deleting")),
        }
    }

    /// What is left to do, and to say, at the end.
    async fn end(&self, ctx: &Context) -> Result<Option<String>, Error> {
        match (self.want, &self.share_network) {
            (Want::Available, _) => {
                let location = share::export_location(&self.id).await?;
                Ok(location.map(|location| format!("Its export location is {location}.")))
            }
            (Want::Gone, Some(network)) => {
                // The share is gone whatever comes: this is tried until the cloud takes it.
                let removed = share_network::remove_if_unused(ctx, network).await;
                removed.map(|()| None).map_err(|e| Error { kind: kind::BUSY.into(), ..e })
            }
            (Want::Gone, None) => Ok(None),
        }
    }
}

impl Operation for crate::Manila {
    async fn poll(ctx: Context, ticket: String) -> Result<Progress, Error> {
        let kept: Ticket = ticket::read(&ticket)?;
        if kept.unasked {
            delete::ask(&kept.id).await?;
            return Ok(ticket::pending(&Ticket { unasked: false, ..kept }, "share-deleting"));
        }
        match kept.step().await? {
            Some(state) => Ok(Progress::Pending(Pending { ticket, state, percent: None })),
            None => Ok(Progress::Finished(Finished { at: None, message: kept.end(&ctx).await? })),
        }
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
        deleted.into_iter().collect::<Result<(), Error>>()?;
        let (ticket, state) = (ticket.unwrap_or_default(), "share-removing".into());
        Ok(Progress::Pending(Pending { ticket, state, percent: None }))
    }
}

/// The step that is still going on, none at the end.
async fn next(want: Want, share: &Share) -> Result<Option<String>, Error> {
    let status = share.status.as_str();
    match want {
        Want::Available if status == "available" => Ok(None),
        Want::Available if status == "error" => Err(failed(reason(&share.id).await)),
        Want::Gone if status.starts_with("error") || status == "available" => {
            let id = &share.id;
            let sentence = format!("The cloud failed to delete the share {id}: it is {status} now.");
            Err(Error::public(kind::INTERNAL, sentence))
        }
        _ => Ok(Some(format!("share-{status}"))),
    }
}

/// Why Manila gave up on a share, in the words that it has for its users; none where it says nothing.
async fn reason(share: &str) -> Option<String> {
    let answer = manila::get(&["messages"]).query("resource_id", share).ok().await;
    let messages = answer.and_then(|answer| answer.json::<Messages>());
    let messages = messages.inspect_err(|error| log::warn(&error.message)).ok()?.messages;
    let own = messages.into_iter().filter(|message| message.resource_id == *share);
    own.max_by(|a, b| a.created_at.cmp(&b.created_at)).and_then(|last| last.user_message.some())
}

fn failed(reason: Option<String>) -> Error {
    let Some(reason) = reason else {
        return Error::public(kind::INTERNAL, "The cloud failed to make the share.");
    };
    let is_full = ["No valid host", "No storage could be allocated", "apacity"]
        .iter()
        .any(|full| reason.contains(full));
    let kind = if is_full { kind::QUOTA } else { kind::INTERNAL };
    Error::public(kind, format_args!("The cloud failed to make the share: {reason}"))
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
            (Some("create: Could not find an existing share server."), kind::INTERNAL),
            (Some("allocate host: No storage could be allocated for this share request."), kind::QUOTA),
            (None, kind::INTERNAL),
        ] {
            let error = failed(reason.map(Into::into));
            assert!(error.is(kind) && error.public, "{error:?}");
            assert!(error.message.contains(reason.unwrap_or("failed")), "{error:?}");
        }
    }
}
