//! The one table from ONTAP's refusals to the contract's error. A code says more than the status; room that is used up
//! is told by words alone.

use patchbay_sdk::Error;
use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Maybe, Text};
use serde::Deserialize;

/// Longer sentences are cut.
const MESSAGE_CHARS_MAX: usize = 300;

/// How ONTAP says that an aggregate is full.
const FULL: [&str; 3] = ["not enough space", "insufficient space", "no space"];

#[derive(Default, Deserialize)]
struct Refusal {
    error: Maybe<Fault>,
}

/// What ONTAP says of an error, in an answer or in a job.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fault {
    pub(crate) message: Text,
    pub(crate) code: Text,
    /// The field of the request that it is about, where it is about one.
    #[serde(default)]
    target: Text,
}

/// The fields in which something of the caller's stands.
const OF_THE_CALLER: [&str; 3] = ["size", "comment", "space.size"];

impl Fault {
    /// Whether it is about what the caller asked for. Not every release names the field: then the sentence does.
    fn is_of_the_caller(&self) -> bool {
        let names = |field: &&str| {
            let mut words = self.message.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
            words.any(|word| word.eq_ignore_ascii_case(field))
        };
        match self.target.as_str() {
            "" => OF_THE_CALLER.iter().any(names),
            target => OF_THE_CALLER.contains(&target),
        }
    }
}

/// What a status that is not 2xx means, with the array's words for the log.
pub(crate) fn of(status: u16, body: &[u8]) -> Error {
    let own = serde_json::from_slice::<Refusal>(body).ok();
    let is_own = own.is_some();
    let error = own.and_then(|own| own.error.get()).unwrap_or_default();
    let kind = match status {
        408 => kind::TIMEOUT,
        429 => kind::BUSY,
        // A proxy's: it is neither the request's fault, nor does it say that something is gone.
        300..=499 if !is_own => kind::UNAVAILABLE,
        _ => by_fault(&error).unwrap_or_else(|| by_status(status, &error)),
    };
    hidden(kind, format_args!("the array answered {status}"), &error)
}

/// What a job's failure means.
pub(crate) fn of_job(error: &Fault) -> Error {
    let kind = by_fault(error).unwrap_or(kind::INTERNAL);
    hidden(kind, format_args!("the array's job failed"), error)
}

fn by_fault(error: &Fault) -> Option<&'static str> {
    match by_words(&error.message).or_else(|| by_code(&error.code)) {
        // The rest of a request is the deployment's and this plugin's.
        Some(kind::INVALID) if !OF_THE_CALLER.contains(&&*error.target) && !error.target.is_empty() => {
            Some(kind::INTERNAL)
        }
        kind => kind,
    }
}

fn hidden(kind: &str, what: std::fmt::Arguments<'_>, Fault { message, code, .. }: &Fault) -> Error {
    let message: String = message.chars().take(MESSAGE_CHARS_MAX).collect();
    Error::hidden(kind, format_args!("{what} (code {:?}): {message}", code.as_str()))
}

fn by_words(message: &str) -> Option<&'static str> {
    let message = message.to_ascii_lowercase();
    FULL.iter().any(|words| message.contains(words)).then_some(kind::QUOTA)
}

fn by_code(code: &str) -> Option<&'static str> {
    let kind = match code {
        // An object of that name is there already.
        "1" => kind::EXISTS,
        // A field is invalid, missing or unknown.
        "2" | "262179" | "262197" => kind::INVALID,
        "3" => kind::UNSUPPORTED,
        // No such object, whatever the status; no such export policy; no such volume.
        "4" | "1703954" | "918235" => kind::NOT_FOUND,
        // The array's credential may not, or the SVM is not there: the deployment is wrong, not the tenant.
        "6" | "6691623" | "2621462" => kind::INTERNAL,
        // In use: something, an export policy, a volume that has clones, a volume that is mounted.
        "8" | "1703945" | "1703946" | "524615" | "918667" => kind::CONFLICT,
        // Another operation works on the volume.
        "13107406" => kind::BUSY,
        // The aggregate is offline.
        "787140" => kind::UNAVAILABLE,
        _ => return None,
    };
    Some(kind)
}

fn by_status(status: u16, error: &Fault) -> &'static str {
    match status {
        // The array says by a code that something is gone: what has none is a proxy's.
        300..=399 | 404 => kind::UNAVAILABLE,
        409 => kind::CONFLICT,
        // The array's credential is the deployment's.
        401 | 403 => kind::INTERNAL,
        // A code that is not known here is no word about the request: all of that but a few fields is always the same.
        400..=499 if error.code.is_empty() || error.is_of_the_caller() => kind::INVALID,
        502..=504 => kind::UNAVAILABLE,
        _ => kind::INTERNAL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_kind() {
        for (status, code, message, expected) in [
            (409, "1", "duplicate entry", kind::EXISTS),
            (400, "2", "Invalid value for field \"size\".", kind::INVALID),
            (404, "4", "entry doesn't exist", kind::NOT_FOUND),
            (405, "4", "entry doesn't exist", kind::NOT_FOUND),
            (401, "6691623", "User is not authorized", kind::INTERNAL),
            (403, "", "", kind::INTERNAL),
            (409, "1703945", "Ruleset is in use by a volume.", kind::CONFLICT),
            (409, "13107406", "Another volume operation is in progress.", kind::BUSY),
            (500, "99", "There is not enough space in aggregate aggr1.", kind::QUOTA),
            (400, "787140", "Aggregate aggr1 is offline.", kind::UNAVAILABLE),
            (404, "918235", "A volume with UUID u1 was not found.", kind::NOT_FOUND),
            (400, "918235", "A volume with UUID u1 was not found.", kind::NOT_FOUND),
            (400, "99", "teapot", kind::INTERNAL),
            (400, "99", "The size of the volume is too large.", kind::INVALID),
            (400, "99", "Aggregate aggr1 is oversized.", kind::INTERNAL),
            (400, "", "teapot", kind::INVALID),
            (500, "99", "", kind::INTERNAL),
            (503, "", "", kind::UNAVAILABLE),
        ] {
            let body = serde_json::json!({"error": {"message": message, "code": code}}).to_string();
            let error = of(status, body.as_bytes());
            assert!(error.is(expected) && !error.public, "{status} {code} {message}: {error:?}");
        }
        for strange in [302, 400, 401, 403, 404, 405, 409, 502] {
            assert!(of(strange, b"<html>").is(kind::UNAVAILABLE), "{strange}");
        }
        assert!(of(409, br#"{"error": {"code": 1, "message": null}}"#).is(kind::EXISTS));
        assert!(of(409, br#"{"error": null}"#).is(kind::CONFLICT));
    }

    #[test]
    fn a_fields_refusal_is_the_callers_where_the_field_is() {
        for (code, target, expected) in [
            ("2", "size", kind::INVALID),
            ("99", "size", kind::INVALID),
            ("2", "aggregates.name", kind::INTERNAL),
            ("2", "", kind::INVALID),
        ] {
            let body = serde_json::json!({"error": {"message": "wrong", "code": code, "target": target}})
                .to_string();
            assert!(of(400, body.as_bytes()).is(expected), "{code} {target}");
        }
    }

    #[test]
    fn a_jobs_failure_has_its_kind() {
        let failed = |message: &str| {
            of_job(&Fault { message: message.into(), code: "460770".into(), target: Text::default() })
        };
        assert!(failed("There is not enough space in aggregate \"aggr1\".").is(kind::QUOTA));
        assert!(failed("The node is down.").is(kind::INTERNAL));
    }
}
