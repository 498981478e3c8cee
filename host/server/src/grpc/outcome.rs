//! How a call ends: an answer, or a failure with what was known by then. The form that the caller wants it in is given by
//! `handle`.

use std::time::Duration;

use patchbay_core::error::Error;
use patchbay_core::{OperationId, TenantId};

/// How a call ends.
pub(super) type Outcome<R> = Result<Answer<R>, Failed>;

/// What a call is answered with.
pub(super) struct Answer<R> {
    pub(super) reply: R,
    /// What `msg` says beside the success.
    pub(super) note: Option<String>,
    /// Its operation, told in `x-operation-id`.
    pub(super) operation: Option<OperationId>,
    /// That operation is done: the reply stays true.
    pub(super) done: bool,
    /// It tells of a failure, after which the caller is asked to wait so long.
    pub(super) wait: Option<Duration>,
}

impl<R> Answer<R> {
    /// The same with something to say beside the success.
    pub(super) fn noting(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }

    /// The same as what came of an operation.
    pub(super) fn of(self, operation: OperationId, done: bool) -> Self {
        Self { operation: Some(operation), done, ..self }
    }
}

impl<R> From<R> for Answer<R> {
    fn from(reply: R) -> Self {
        Self { reply, note: None, operation: None, done: false, wait: None }
    }
}

/// Why a call has no answer, and what it had come to.
pub(super) struct Failed {
    pub(super) error: Error,
    /// Whose it was, where that was proven.
    pub(super) tenant: Option<TenantId>,
    /// Its operation, told in `x-operation-id`.
    pub(super) operation: Option<OperationId>,
}

impl Failed {
    /// A failure after an operation had begun, or about one.
    pub(super) fn of(operation: OperationId, error: Error) -> Self {
        Self { error, tenant: None, operation: Some(operation) }
    }

    /// The same, by a caller who was known.
    pub(super) fn by(self, tenant: Option<TenantId>) -> Self {
        Self { tenant, ..self }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, tenant: None, operation: None }
    }
}
