//! What a ticket of a VPC says. Its steps are in `change`, how it is answered in the crate's own `ticket`.

use serde::{Deserialize, Serialize};

/// A VPC's change that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub(crate) enum Ticket {
    /// A new one gets its description, the last that it lacks.
    Describe { vpc: String, description: String },
    /// Name and description are set; an empty one stays.
    Update { vpc: String, name: String, description: String },
}
