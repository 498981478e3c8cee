//! What goes on after a call: the tickets, and which file carries each one on.

use patchbay_sdk::error::kind;
pub(crate) use patchbay_sdk::ticket::finished;
use patchbay_sdk::{Begun, Context, Error, Operation, Progress, ticket};
use serde::{Deserialize, Serialize};

use crate::{action, create, delete, resize};

/// What the host keeps of an operation, as small JSON. A plugin of a later version reads it too, so fields
/// are only added, with defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub(crate) enum Ticket {
    /// `attached`: each disk has been told to attach.
    Create { server: String, disks: Vec<String>, attached: bool },
    /// Until the server rests in `want`.
    Operate { server: String, want: String },
    /// Nova is to be asked for the flavor of that id and name.
    AskResize { server: String, flavor_id: String, flavor: String },
    /// Until the server rests with the flavor of that name. `confirmed`: Nova has been told that it is well.
    Resize { server: String, flavor: String, confirmed: bool },
    /// Until the server is gone.
    Delete { server: String },
    /// What a create made that never gave a ticket is being removed.
    Undo,
}

impl Ticket {
    /// What a call answers that began this.
    pub(crate) fn begun(self, resource_id: String) -> Begun {
        ticket::begun(resource_id, &self)
    }

    /// Still going on, with this as the next ticket.
    pub(crate) fn pending(&self, state: &str) -> Progress {
        ticket::pending(self, state)
    }
}

impl Operation for crate::Nova {
    async fn poll(ctx: Context, ticket: String) -> Result<Progress, Error> {
        match ticket::read(&ticket)? {
            Ticket::Create { server, disks, attached } => create::poll(ctx, server, disks, attached).await,
            Ticket::Operate { server, want } => action::poll(server, want).await,
            Ticket::AskResize { server, flavor_id, flavor } => resize::ask(server, &flavor_id, flavor).await,
            Ticket::Resize { server, flavor, confirmed } => resize::poll(server, flavor, confirmed).await,
            Ticket::Delete { server } => delete::poll(server).await,
            Ticket::Undo => Err(Error::hidden(kind::INTERNAL, "an abandoned operation is polled")),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_read_back() {
        let (server, want, flavor) = ("s1".to_owned(), "ACTIVE".to_owned(), "small".to_owned());
        for ticket in [
            Ticket::Create { server: server.clone(), disks: vec!["d1".into()], attached: true },
            Ticket::Operate { server: server.clone(), want },
            Ticket::AskResize { server: server.clone(), flavor_id: "2".into(), flavor: flavor.clone() },
            Ticket::Resize { server: server.clone(), flavor, confirmed: false },
            Ticket::Delete { server },
            Ticket::Undo,
        ] {
            let kept = ticket.clone().begun("s1".into()).ticket.unwrap();
            assert_eq!(ticket::read::<Ticket>(&kept).unwrap(), ticket);
        }
    }

    #[test]
    fn a_foreign_ticket_is_refused() {
        assert!(ticket::read::<Ticket>(r#"{"step":"later"}"#).unwrap_err().is(kind::INTERNAL));
    }
}
