//! When a request may be repeated, and how long to wait before.
//!
//! Only what cannot be done twice by it: idempotent methods (RFC 9110, 9.2.2), and any request that never left
//! the host. The loop itself is `backon`'s, driven by `transport`.

use std::time::Duration;

use http::header::{HeaderMap, RETRY_AFTER};
use http::{Method, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::failure::Failure;
use super::message::Answer;

/// The end of one attempt that another may follow.
pub(super) enum Ended {
    /// Without an answer.
    Failed(Failure),
    /// With a status that says "later"; it is the answer when there is no other attempt.
    RetryableResponse(Answer),
}

/// Whether a request with this method may be repeated after an answer or a broken connection.
pub(super) fn repeatable(method: &Method) -> bool {
    method.is_idempotent()
}

/// Whether the answer asks to come again. OpenStack's older limits of rates say 413 and when; a quota that is used up says 413,
/// too, and no time or none to wait.
pub(super) fn says_later(answer: &Answer) -> bool {
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => true,
        StatusCode::PAYLOAD_TOO_LARGE => retry_after(&answer.headers).is_some_and(|wait| !wait.is_zero()),
        _ => false,
    }
}

impl Ended {
    /// Whether another attempt is safe and may help.
    pub(super) fn is_worth_repeating(&self, repeatable: bool) -> bool {
        match self {
            Self::Failed(Failure::Unreachable(_)) => true,
            Self::Failed(Failure::Broken(_)) | Self::RetryableResponse(_) => repeatable,
            Self::Failed(_) => false,
        }
    }

    /// How long the backend asks to wait.
    pub(super) fn asked_wait(&self) -> Option<Duration> {
        match self {
            Self::RetryableResponse(answer) => retry_after(&answer.headers),
            Self::Failed(_) => None,
        }
    }
}

/// `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3); a date that has passed is no wait.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn wait(text: &'static str) -> Option<Duration> {
        retry_after(&HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]))
    }

    #[test]
    fn only_a_limit_of_rates_says_when_to_come_again() {
        for (status, wait, later) in
            [(413, "1", true), (413, "0", false), (413, "", false), (429, "", true), (400, "1", false)]
        {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(wait))]);
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(says_later(&Answer { status, headers, body: Vec::new() }), later, "{status} {wait:?}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(wait("3"), Some(Duration::from_secs(3)));
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert!(wait("Mon, 21 Oct 2250 07:28:00 GMT").unwrap() > Duration::from_secs(1 << 32));
        assert_eq!(wait("soon"), None);
    }
}
