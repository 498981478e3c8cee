//! Making and refining the contract's error. What a backend's status means is in `openstack::status`.

use std::fmt::Display;

use crate::openstack::message;
use crate::{Error, log};

/// The kinds of `wit/host`.
pub mod kind {
    /// There is no such resource, or it is somebody else's.
    pub const NOT_FOUND: &str = "not-found";
    /// The name is taken.
    pub const EXISTS: &str = "exists";
    /// The resource is not in a state that allows it.
    pub const CONFLICT: &str = "conflict";
    /// The request cannot be right, whatever the state of the cloud.
    pub const INVALID: &str = "invalid";
    /// The tenant's quota, or the cloud's room, is used up.
    pub const QUOTA: &str = "quota";
    /// The tenant may not.
    pub const DENIED: &str = "denied";
    /// Later, at the backend's wish.
    pub const BUSY: &str = "busy";
    /// The backend cannot be reached, or answers what cannot be read.
    pub const UNAVAILABLE: &str = "unavailable";
    /// No answer in time.
    pub const TIMEOUT: &str = "timeout";
    /// The backend cannot do that.
    pub const UNSUPPORTED: &str = "unsupported";
    /// A defect of the plugin, or one of the backend that does not pass.
    pub const INTERNAL: &str = "internal";
}

impl Error {
    /// An error whose `message` is for the log; the platform is told the kind.
    #[must_use]
    pub fn hidden(kind: &str, message: impl Display) -> Self {
        Self { kind: kind.into(), message: message.to_string(), public: false, retry_after_ms: None }
    }

    /// An error whose `message` the platform reads: a sentence that says what to do.
    #[must_use]
    pub fn public(kind: &str, message: impl Display) -> Self {
        Self { kind: kind.into(), message: message.to_string(), public: true, retry_after_ms: None }
    }

    /// What the backend answered cannot be read, for this `reason`: its fault, and one that passes. `what`: "answer", "list".
    #[must_use]
    pub fn unreadable(what: &str, reason: impl Display) -> Self {
        log::unread(&format!("The backend's {what} cannot be read"), reason);
        Self::public(kind::UNAVAILABLE, "The backend's answer could not be read; try again later.")
    }

    /// Whether it is of this kind.
    #[must_use]
    pub fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }

    /// Whether the backend's sentence holds these words; what it quotes of the request does not count.
    #[must_use]
    pub fn says(&self, words: &str) -> bool {
        message::unquoted(&self.message).contains(words)
    }

    /// Whether the same step may succeed later: the host comes back with the same ticket.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        [kind::BUSY, kind::UNAVAILABLE, kind::TIMEOUT].into_iter().any(|kind| self.is(kind))
    }

    /// Says an error of `kind` in the platform's words. The backend's own go to the log; any other kind
    /// stays as it is.
    #[must_use]
    pub fn explain(self, kind: &str, sentence: impl Display) -> Self {
        if !self.is(kind) {
            return self;
        }
        log::debug(&self.message);
        Self { message: sentence.to_string(), public: true, ..self }
    }
}
