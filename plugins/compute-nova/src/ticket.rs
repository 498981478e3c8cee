//! The tickets, and the answers that hold one. Nothing is done with them here: which file carries each one on is in
//! `operation`.

pub(crate) use patchbay_sdk::ticket::finished;
use patchbay_sdk::{Begun, Progress, ticket};
use serde::{Deserialize, Serialize};

use crate::nova::Before;

/// What the host keeps of an operation, as small JSON. A plugin of a later version reads it too, so fields
/// are only added, with defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub(crate) enum Ticket {
    /// `attached`: each disk has been told to attach.
    Create { server: String, disks: Vec<String>, attached: bool },
    /// Until the server rests in `want`, and not as it did before.
    Operate {
        server: String,
        want: String,
        #[serde(default)]
        before: Before,
    },
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

#[cfg(test)]
mod tests {
    use patchbay_sdk::error::kind;

    use super::*;

    #[test]
    fn tickets_are_read_back() {
        let (server, want, flavor) = ("s1".to_owned(), "ACTIVE".to_owned(), "small".to_owned());
        for ticket in [
            Ticket::Create { server: server.clone(), disks: vec!["d1".into()], attached: true },
            Ticket::Operate { server: server.clone(), want, before: Before::default() },
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
