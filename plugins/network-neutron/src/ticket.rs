//! The ticket of an operation on any resource, and the answers that hold one. What a resource's own ticket says
//! is in the `ticket` of its folder, which file carries it on in `operation`.

pub(crate) use patchbay_sdk::ticket::finished;
use patchbay_sdk::{Begun, Progress, ticket};
use serde::{Deserialize, Serialize};

use crate::routers::ticket as router;
use crate::security_groups::ticket as security_group;
use crate::vpcs::ticket as vpc;

/// What the host keeps of an operation, as small JSON: a resource, and what its file keeps. A plugin of a later
/// version reads it too, so fields are only added, with defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ticket {
    Vpc(vpc::Ticket),
    Router(router::Ticket),
    SecurityGroup(security_group::Ticket),
    /// What bears the operation's mark is being removed.
    Undo,
}

impl Ticket {
    /// What a call answers that began this.
    fn begun(&self, resource_id: String) -> Begun {
        ticket::begun(resource_id, self)
    }

    /// Still going on, with this as the next ticket.
    pub(crate) fn pending(&self, state: &str) -> Progress {
        ticket::pending(self, state)
    }
}

impl vpc::Ticket {
    /// What a call answers that began this change of the VPC.
    pub(crate) fn begun(self, vpc: String) -> Begun {
        Ticket::Vpc(self).begun(vpc)
    }
}

impl router::Ticket {
    /// What a call answers that began this change of the router.
    pub(crate) fn begun(self, router: String) -> Begun {
        Ticket::Router(self).begun(router)
    }
}

impl security_group::Ticket {
    /// What a call answers that began this change of the group.
    pub(crate) fn begun(self, group: String) -> Begun {
        Ticket::SecurityGroup(self).begun(group)
    }

    /// Still going on, with this as the next ticket.
    pub(crate) fn pending(self, state: &str) -> Progress {
        Ticket::SecurityGroup(self).pending(state)
    }
}
