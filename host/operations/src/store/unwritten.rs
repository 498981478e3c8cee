//! Why a step of an operation is not in the database: whoever carries it decides by that whether to go on.

use patchbay_core::error::{Error, Kind};
use patchbay_durable::membership::Lost;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    /// It has ended, or another host carries it: here nothing more is to be done about it.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// The database did not do it.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<sqlx::Error> for Unwritten {
    fn from(cause: sqlx::Error) -> Self {
        Self::Failed(cause.into())
    }
}

impl From<Unwritten> for Error {
    /// For those who carry nothing, and only want something of an operation.
    fn from(unwritten: Unwritten) -> Self {
        match unwritten {
            Unwritten::Lost(_) => Self::new(Kind::Conflict, "The operation has ended already."),
            Unwritten::Failed(error) => error,
        }
    }
}
