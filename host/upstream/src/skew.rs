//! A gateway that refuses a signature because of its time: one of the two clocks is wrong. Nobody's request can change
//! that, so it is told apart from what a gateway refuses otherwise, and the operator is told by how much they differ.

use anyhow::anyhow;
use http::StatusCode;
use http::header::DATE;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use patchbay_core::error::{Error, Kind};

use super::message::Answer;

/// S3's word for it, in a document of XML or of JSON.
const CODE: &[u8] = b"RequestTimeTooSkewed";
/// How far clocks may differ, by S3's rules. An answer to HEAD has no document, and is judged by this.
const SKEW_MAX: SignedDuration = SignedDuration::from_mins(15);
/// The largest document in which the word is looked for; a refusal is a few hundred bytes.
const DOCUMENT_BYTES_MAX: usize = 4096;

/// The error in the place of an answer that says so, `now` by this host's clock.
pub(super) fn refusal(upstream: &str, answer: &Answer, now: Timestamp) -> Option<Error> {
    if answer.status != StatusCode::FORBIDDEN {
        return None;
    }
    let ahead = gateway_time(answer).map(|theirs| now.duration_since(theirs));
    let told = match answer.body.as_slice() {
        [] => ahead.is_some_and(|ahead| ahead.abs() > SKEW_MAX),
        body => body.len() <= DOCUMENT_BYTES_MAX && body.windows(CODE.len()).any(|part| part == CODE),
    };
    told.then(|| error(upstream, ahead))
}

fn error(upstream: &str, ahead: Option<SignedDuration>) -> Error {
    let seconds = ahead.map(|ahead| ahead.as_secs());
    tracing::error!(
        upstream,
        host_ahead_seconds = seconds,
        "the clocks of this host and the gateway differ: it takes no request until one of them is set right"
    );
    let by = seconds.map_or_else(|| "by an unknown time".to_owned(), by);
    Error::hidden(
        Kind::Unavailable,
        anyhow!("upstream {upstream}: the clocks of this host and the gateway differ {by}"),
    )
}

fn by(seconds: i64) -> String {
    let which = if seconds < 0 { "behind" } else { "ahead" };
    format!("by {} s, this host's is {which}", seconds.unsigned_abs())
}

/// What the gateway's clock said when it answered.
fn gateway_time(answer: &Answer) -> Option<Timestamp> {
    let date = answer.headers.get(DATE)?.to_str().ok()?;
    DateTimeParser::new().parse_timestamp(date).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn answer(status: StatusCode, date: &str, body: &str) -> Answer {
        let headers = HeaderMap::from_iter([(DATE, date.parse().unwrap())]);
        Answer { status, headers, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn it_is_told_apart_and_by_how_much() {
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        let (skewed, denied) =
            ("<Error><Code>RequestTimeTooSkewed</Code></Error>", "<Code>AccessDenied</Code>");
        let (earlier, same) = ("Thu, 01 Jan 2026 00:00:00 GMT", "Fri, 02 Jan 2026 00:00:01 GMT");
        for (status, date, body, words) in [
            (403, earlier, skewed, "differ by 86400 s, this host's is ahead"),
            (403, same, r#"{"Code":"RequestTimeTooSkewed"}"#, "differ by 1 s, this host's is behind"),
            (403, "yesterday", skewed, "differ by an unknown time"),
            (403, earlier, "", "differ by 86400 s"),
        ] {
            let told = refusal("ceph", &answer(status.try_into().unwrap(), date, body), now).unwrap();
            assert_eq!(told.kind(), Kind::Unavailable);
            assert!(told.chain().contains(words), "{}", told.chain());
        }
        for (status, date, body) in
            [(403, earlier, denied), (403, same, ""), (200, earlier, ""), (400, same, skewed)]
        {
            assert!(refusal("ceph", &answer(status.try_into().unwrap(), date, body), now).is_none());
        }
    }
}
