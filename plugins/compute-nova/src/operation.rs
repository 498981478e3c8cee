//! What goes on after a call: the tickets, and which file carries each one on.

use patchbay_sdk::error::kind;
use patchbay_sdk::{Begun, Context, Error, Finished, Operation, Pending, Progress};
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
        Begun { resource_id, ticket: Some(self.to_text()) }
    }

    /// Still going on, with this as the next ticket.
    pub(crate) fn pending(&self, state: &str) -> Progress {
        Progress::Pending(Pending { ticket: self.to_text(), state: state.into(), percent: None })
    }

    fn to_text(&self) -> String {
        serde_json::json!(self).to_string()
    }

    fn from_text(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|e| Error::hidden(kind::INTERNAL, format_args!("ticket: {e}")))
    }
}

/// The end, at the backend's own time where it tells one.
pub(crate) fn finished(at: Option<String>) -> Progress {
    Progress::Finished(Finished { at, message: None })
}

impl Operation for crate::Nova {
    async fn poll(ctx: Context, ticket: String) -> Result<Progress, Error> {
        match Ticket::from_text(&ticket)? {
            Ticket::Create { server, disks, attached } => create::poll(ctx, server, disks, attached).await,
            Ticket::Operate { server, want } => action::poll(server, want).await,
            Ticket::Resize { server, flavor, confirmed } => resize::poll(server, flavor, confirmed).await,
            Ticket::Delete { server } => delete::poll(server).await,
            Ticket::Undo => Err(Error::hidden(kind::INTERNAL, "an abandoned operation is polled")),
        }
    }

    async fn abandon(ctx: Context, ticket: Option<String>) -> Result<Progress, Error> {
        match ticket.as_deref().map(Ticket::from_text).transpose()? {
            // They made nothing, and half of them is no worse than none.
            Some(Ticket::Operate { .. } | Ticket::Delete { .. }) => Ok(finished(None)),
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
            Ticket::Resize { server: server.clone(), flavor, confirmed: false },
            Ticket::Delete { server },
            Ticket::Undo,
        ] {
            assert_eq!(Ticket::from_text(&ticket.to_text()).unwrap(), ticket);
        }
    }

    #[test]
    fn a_foreign_ticket_is_refused() {
        assert!(Ticket::from_text(r#"{"step":"later"}"#).unwrap_err().is(kind::INTERNAL));
    }
}
