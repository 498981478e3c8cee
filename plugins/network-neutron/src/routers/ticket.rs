//! What a ticket of a router says. Its steps are in the files of the verbs, how it is answered in the crate's own `ticket`.

use serde::{Deserialize, Serialize};

use super::table::Table;

/// A router's change that goes on. Nothing of a router that was there before is changed until its ticket is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub(crate) enum Ticket {
    /// A new one gets its subnets, and then the description that was asked for.
    Create {
        router: String,
        subnets: Vec<String>,
        description: String,
    },
    Attach {
        router: String,
        subnet: String,
    },
    Detach {
        router: String,
        subnet: String,
    },
    /// `before` is what is put back if it fails.
    SetRoutes {
        router: String,
        routes: Table,
        before: Table,
    },
    /// Routes and subnets go first; `routes` and `subnets` are what is put back if it fails.
    Delete {
        router: String,
        subnets: Vec<String>,
        routes: Table,
    },
}
