//! Why an exchange with a backend brought no answer, in the words of the metrics and as an [`Error`].
//!
//! A status of the backend, whichever, is an answer and not a failure.

use std::error::Error as StdError;
use std::iter::successors;

use hyper_util::client::legacy as client;
use patchbay_core::error::{Error, Kind};

/// How an exchange ended without a whole answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The circuit is open: nothing was sent.
    #[error("the circuit is open after repeated failures")]
    Open,
    /// No connection: name not found, refused, TLS, or not made in time. Nothing was sent.
    #[error("no connection")]
    Unreachable(#[source] client::Error),
    /// The time limit passed.
    #[error("no answer in time")]
    Timeout,
    /// The connection broke, or what came over it is not HTTP.
    #[error("the connection broke")]
    Broken(#[source] Box<dyn StdError + Send + Sync>),
    /// The answer is not packed as it says.
    #[error("the answer cannot be unpacked")]
    Garbled(#[source] std::io::Error),
    /// The answer has more bytes than the limit.
    #[error("the answer is over the limit of {0} bytes")]
    TooLarge(usize),
}

/// What stands in the place of a status where `error` is why there was no answer.
pub fn failure_word(error: &Error) -> &'static str {
    let mut causes = successors(error.source(), |cause| (*cause).source());
    causes.find_map(|cause| cause.downcast_ref()).map_or(error.kind().as_str(), Failure::as_str)
}

impl From<client::Error> for Failure {
    fn from(error: client::Error) -> Self {
        if error.is_connect() { Self::Unreachable(error) } else { Self::Broken(Box::new(error)) }
    }
}

impl Failure {
    /// What stands in the place of a status in metrics and logs.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Unreachable(_) => "unreachable",
            Self::Timeout => "timeout",
            Self::Broken(_) => "broken",
            Self::Garbled(_) => "garbled",
            Self::TooLarge(_) => "too-large",
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Open | Self::Unreachable(_) | Self::Broken(_) | Self::Garbled(_) => Kind::Unavailable,
            Self::Timeout => Kind::Timeout,
            Self::TooLarge(_) => Kind::Internal,
        }
    }

    /// The error for the caller: the platform gets the kind's sentence, the log the upstream and the cause.
    pub(super) fn into_error(self, upstream: &str) -> Error {
        let kind = self.kind();
        Error::hidden(kind, anyhow::Error::new(self).context(format!("upstream {upstream}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_known_by_its_word_also_as_an_error() {
        assert_eq!(failure_word(&Failure::TooLarge(7).into_error("cloud")), "too-large");
        assert_eq!(failure_word(&Failure::Timeout.into_error("cloud")), "timeout");
        assert_eq!(failure_word(&Error::new(Kind::Denied, "No.")), "denied");
    }
}
