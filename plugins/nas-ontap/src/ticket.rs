//! The ticket of a share: the state that it is on its way to, and the array's job on the way. How it gets there is in
//! `operation`.

use patchbay_sdk::{Begun, ticket};
use serde::{Deserialize, Serialize};

/// The state that a share is on its way to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Want {
    Available,
    Gone,
}

/// What the host keeps: small JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) want: Want,
    /// The volume's.
    pub(crate) id: String,
    pub(crate) name: String,
    /// Where it is mounted, and which policy it names, while it is a share.
    pub(crate) path: String,
    pub(crate) policy: String,
    /// The last job that was begun.
    pub(crate) job: Option<String>,
}

impl Ticket {
    /// What the call that makes this ticket answers.
    pub(crate) fn begun(self) -> Begun {
        ticket::begun(&self.id, &self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_read_back() {
        let (id, name, path) = ("u1".to_owned(), "v1".to_owned(), "/v1".to_owned());
        let ticket = Ticket { want: Want::Gone, id, policy: name.clone(), name, path, job: None };
        let kept: Ticket = ticket::read(&ticket.begun().ticket.unwrap()).unwrap();
        assert_eq!((kept.want, kept.id.as_str(), kept.path.as_str()), (Want::Gone, "u1", "/v1"));
    }
}
