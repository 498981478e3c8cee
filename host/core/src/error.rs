//! What can go wrong on a call, and the one map from it to the number in `code` and the gRPC status.
//!
//! Only what the platform may read goes into `message`; causes travel in `source` and end in the log.
//! In `patchbay-server` it becomes a response or a status.

use std::time::Duration;

use crate::text;

/// What kind of failure it is. The words of the plugin contract (`wit/host`), and those of the host itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request cannot be right, whatever the state of the cloud.
    Invalid,
    /// No such tenant, or not its key.
    Unauthenticated,
    /// The caller is known and may not.
    Denied,
    /// Not there, or somebody else's.
    NotFound,
    /// The name is taken.
    Exists,
    /// Not in a state that allows it.
    Conflict,
    /// The tenant's quota, or a bound of the host, is used up.
    Quota,
    /// The tenant, or whoever asks, has as much under way as one may: others get in, and so does it when some of that ends.
    Exhausted,
    /// Try again later, at the backend's wish.
    Busy,
    /// The backend, or what serves the domain, cannot be reached.
    Unavailable,
    /// No answer within the deadline.
    Timeout,
    /// Nothing here can do that.
    Unsupported,
    /// Ended by the host before its end, as when a plugin's drain ran out of time.
    Cancelled,
    /// A defect of the host, a plugin or a backend.
    Internal,
}

impl Kind {
    /// The kind that a plugin's word means; a word of a later contract is [`Kind::Internal`].
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "invalid" => Self::Invalid,
            "denied" => Self::Denied,
            "not-found" => Self::NotFound,
            "exists" => Self::Exists,
            "conflict" => Self::Conflict,
            "quota" => Self::Quota,
            "busy" => Self::Busy,
            "unavailable" => Self::Unavailable,
            "timeout" => Self::Timeout,
            "unsupported" => Self::Unsupported,
            _ => Self::Internal,
        }
    }

    /// The word for it in the plugin contract, in the database and in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::Denied => "denied",
            Self::NotFound => "not-found",
            Self::Exists => "exists",
            Self::Conflict => "conflict",
            Self::Quota => "quota",
            Self::Exhausted => "exhausted",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Unsupported => "unsupported",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
        }
    }

    /// The canonical gRPC status number, which is also the `code` of a response.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Cancelled => 1,
            Self::Invalid => 3,
            Self::Timeout => 4,
            Self::NotFound => 5,
            Self::Exists => 6,
            Self::Denied => 7,
            Self::Quota | Self::Exhausted => 8,
            Self::Conflict => 9,
            Self::Unsupported => 12,
            Self::Internal => 13,
            Self::Busy | Self::Unavailable => 14,
            Self::Unauthenticated => 16,
        }
    }

    /// Whether the same call may succeed later without anything being changed first.
    #[must_use]
    pub fn retryable(self) -> bool {
        matches!(self, Self::Exhausted | Self::Busy | Self::Unavailable | Self::Timeout)
    }

    /// What the platform is told when the error's own words are not for it.
    #[must_use]
    pub fn default_message(self) -> &'static str {
        match self {
            Self::Invalid => "The backend refused the request as invalid.",
            Self::Unauthenticated => "tenant_id or apikey is wrong.",
            Self::Denied => "The cloud does not allow this to the tenant.",
            Self::NotFound => "There is no such resource.",
            Self::Exists => "It exists already.",
            Self::Conflict => "The resource is not in a state that allows this.",
            Self::Quota => "The tenant's quota is used up.",
            Self::Exhausted => "The tenant has too much under way; let some of it end first.",
            Self::Busy => "The backend is busy; try again later.",
            Self::Unavailable => "The backend cannot be reached; try again later.",
            Self::Timeout => "The backend did not answer in time.",
            Self::Unsupported => "This is not supported here.",
            Self::Cancelled => "The call was ended before it was done.",
            Self::Internal => "Something went wrong inside; the log has the details under the request id.",
        }
    }
}

/// A failure of a call.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: Kind,
    message: String,
    retry_after: Option<Duration>,
    source: Option<anyhow::Error>,
}

impl Error {
    /// A failure that the platform is told about in these words, on one line, at most [`text::MESSAGE_BYTES_MAX`] long and
    /// without characters that steer: they may be a plugin's, which has them from a backend.
    pub fn new(kind: Kind, message: impl AsRef<str>) -> Self {
        let message = text::sanitized(message.as_ref(), text::MESSAGE_BYTES_MAX);
        Self { kind, message, retry_after: None, source: None }
    }

    /// A failure whose cause is for the log only; the platform gets the kind's own sentence.
    pub fn hidden(kind: Kind, cause: impl Into<anyhow::Error>) -> Self {
        Self::new(kind, kind.default_message()).because(cause)
    }

    /// A defect: [`Kind::Internal`], with the cause for the log.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::hidden(Kind::Internal, cause)
    }

    /// A request that cannot be right; `message` names the field.
    pub fn invalid(message: impl AsRef<str>) -> Self {
        Self::new(Kind::Invalid, message)
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.source = Some(cause.into());
        self
    }

    /// Adds how long the backend asks to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The sentence for the platform.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the platform gets the kind's own sentence only.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.message == self.kind.default_message()
    }

    /// How long the backend asks to wait, where it does.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Everything that is known, for the log: the sentence and the chain of causes, on one line.
    #[must_use]
    pub fn chain(&self) -> String {
        match &self.source {
            Some(cause) => text::sanitized(&format!("{}: {cause:#}", self.message), text::LOG_BYTES_MAX),
            None => self.message.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_said_is_told_on_one_line() {
        let said = "public\nerr \u{1b}[31mred\r\nx-injected: 1";
        let error = Error::new(Kind::Invalid, said).because(anyhow::Error::msg(said));
        assert_eq!(error.message(), "public err [31mred x-injected: 1");
        assert_eq!(error.chain(), [error.message(); 2].join(": "));
        assert_eq!(Error::invalid("x".repeat(3 << 20)).message().len(), text::MESSAGE_BYTES_MAX);
        let hidden = Error::hidden(Kind::Internal, anyhow::Error::msg("x".repeat(3 << 20)));
        assert!(hidden.is_hidden() && hidden.chain().len() <= text::LOG_BYTES_MAX);
    }

    #[test]
    fn what_the_host_says_itself_is_told_as_it_is() {
        let kinds = [Kind::Invalid, Kind::Denied, Kind::NotFound, Kind::Timeout, Kind::Internal];
        assert!(kinds.into_iter().all(|kind| Error::new(kind, kind.default_message()).is_hidden()));
    }
}
