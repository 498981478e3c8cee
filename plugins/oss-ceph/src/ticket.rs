//! The ticket of an operation, and the answer that holds it. No ticket holds a key. Which file carries one on is in
//! `operation`.

use patchbay_sdk::{Begun, ticket};
use serde::{Deserialize, Serialize};

use crate::limits::Limits;

/// What the host keeps: small JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ticket {
    Bucket(NewBucket),
    Quota { uid: String, before: Limits, after: Limits },
}

/// A bucket that nobody had when this was written.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct NewBucket {
    pub(crate) name: String,
    pub(crate) policy: String,
    pub(crate) storage_class: String,
    /// Of the account, should it have to be made.
    pub(crate) limits: Limits,
}

impl Ticket {
    /// What the call that makes this ticket answers.
    pub(crate) fn begun(&self, resource_id: String) -> Begun {
        ticket::begun(resource_id, self)
    }
}
