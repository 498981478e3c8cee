//! Why a name or an id cannot be had for a tenant: those who ask decide by it what they do next. What the platform is told of it
//! is here as well.

use patchbay_core::error::{Error, Kind};

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum Unreserved {
    /// A tenant has the name, or a live call is registering it.
    #[error("A tenant of this tenant_name exists already.")]
    NameTaken {
        /// It is being registered.
        creating: bool,
    },
    /// The key is held: for another request, or because something came of this one.
    #[error("idempotency-key was used for another request.")]
    KeyTaken,
    /// The id that is to be adopted has a row.
    #[error("tenant_id: this installation has a tenant of that id.")]
    IdTaken,
    /// Anything else.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<Unreserved> for Error {
    fn from(unreserved: Unreserved) -> Self {
        match unreserved {
            Unreserved::Failed(error) => error,
            taken => Self::new(Kind::Exists, taken.to_string()),
        }
    }
}
