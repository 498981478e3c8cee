//! What a call is for, known from where it begins: it looks, it takes a step of an operation, or it registers a tenant.
//! Only the last two change anything. The files of `capability` know which imports do.

use std::sync::Arc;

use patchbay_core::OperationId;
use patchbay_durable::membership::Lease;
use secrecy::SecretString;

/// See the module.
#[derive(Clone)]
pub(crate) enum Purpose {
    /// It looks, and changes nothing.
    Read,
    /// A step of an operation: its beginning, a poll, or its undoing. While the lease holds, backends may be called.
    Operation(OperationId, Arc<Lease>),
    /// A tenant's account is made, with a secret that the host writes in place of its placeholder, or is removed.
    Registration(Option<Placeholder>),
}

impl Purpose {
    /// Whether it may change something.
    pub(crate) fn changes(&self) -> bool {
        !matches!(self, Self::Read)
    }

    /// The operation that it is a step of.
    pub(crate) fn operation(&self) -> Option<OperationId> {
        match self {
            Self::Operation(id, _) => Some(*id),
            Self::Read | Self::Registration(_) => None,
        }
    }

    /// While it holds, backends may be called; absent: for as long as the call takes.
    pub(crate) fn lease(&self) -> Option<&Lease> {
        match self {
            Self::Operation(_, lease) => Some(lease),
            Self::Read | Self::Registration(_) => None,
        }
    }

    /// What the host writes into outgoing bodies in place of a placeholder.
    pub(crate) fn secret(&self) -> Option<&Placeholder> {
        match self {
            Self::Registration(secret) => secret.as_ref(),
            Self::Read | Self::Operation(..) => None,
        }
    }
}

/// A word that stands for a secret in what a plugin writes.
#[derive(Clone)]
pub struct Placeholder {
    /// Unguessable, and nothing else looks like it.
    pub word: String,
    /// What it stands for; letters and digits only, so that it fits into JSON as it is.
    pub secret: SecretString,
}
