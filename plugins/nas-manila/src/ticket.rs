//! The ticket of a share: the state that it is on its way to, and what has to be known on the way. How it gets
//! there is in `operation`.

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
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) want: Want,
    pub(crate) id: String,
    /// The one that the share is in.
    #[serde(default)]
    pub(crate) share_network: Option<String>,
    /// Whether Manila is still to be told that it is to go.
    #[serde(default)]
    pub(crate) unasked: bool,
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
        let ticket = Ticket { want: Want::Gone, id: "s1".into(), share_network: None, unasked: true };
        let ticket = ticket.begun().ticket.unwrap();
        let Ticket { want, id, .. } = ticket::read(&ticket).unwrap();
        assert_eq!((want, id.as_str()), (Want::Gone, "s1"));
    }
}
