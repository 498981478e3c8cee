//! What a ticket of a security group says. Its steps are in the files of what they are about, how it is answered in the
//! crate's own `ticket`.

use serde::{Deserialize, Serialize};

use super::member::Members;
use super::state::State;

/// What the host keeps of an operation on a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub(crate) enum Ticket {
    /// Until the new group is as it should be.
    Create { group: String, after: State },
    /// Until the group is as it should be, or else as it was.
    Update { group: String, before: State, after: State },
    /// Until the group is gone.
    Delete { group: String },
    /// Until each instance was asked for.
    Operate(Members),
}
