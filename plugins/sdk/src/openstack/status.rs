//! The one table from a backend's refusal to the contract's error. Statuses alone do not tell: over quota
//! is 403 from Nova, 409 from Neutron and 413 from Cinder and Manila.

use crate::Error;
use crate::error::kind;

use super::message::{self, Refusal};

/// What a status that is not 2xx means of the service of this type, with the backend's words for the log. `retry_after` is the
/// header's value: seconds, or a date, which is left to the host's own backoff.
#[must_use]
pub fn refusal(service: &str, status: u16, retry_after: Option<&str>, body: &[u8]) -> Error {
    told(status, retry_after, message::own(service, status, body), &message::of(body))
}

/// The same of a backend whose own form is another: what it says itself, and the text for the log.
#[must_use]
pub fn told(status: u16, retry_after: Option<&str>, own: Option<Refusal>, text: &str) -> Error {
    let kind = kind_of(status, own, text);
    let waits = matches!(kind, kind::BUSY | kind::UNAVAILABLE);
    let retry_after_ms = retry_after
        .filter(|_| waits)
        .and_then(|value| value.trim().parse::<u32>().ok())
        .map(|seconds| seconds.saturating_mul(1000));
    Error { retry_after_ms, ..Error::hidden(kind, format_args!("backend answered {status}: {text}")) }
}

/// Whether an answer cannot be the service's: it says neither what was asked for, nor in the service's form why not. A proxy
/// answers so, and a service at whose address another one is.
#[must_use]
pub fn is_strange(service: &str, status: u16, body: &[u8]) -> bool {
    match status {
        204 => false,
        200..300 => !is_json(body),
        300..400 => true,
        // They say it all, whoever does.
        408 | 429 => false,
        400..500 => message::own(service, status, body).is_none(),
        _ => false,
    }
}

/// How each service says that a quota is used up. Not "quota" alone: names may hold it, and policies do.
const OVER_QUOTA: [&str; 4] = ["quota exceeded", "overquota", "overlimit", "maximum number of"];
/// How a service says that it is asked too often.
const TOO_OFTEN: [&str; 3] = ["rate-limited", "rate limit", "too many requests"];
/// How a service says that a name is taken, or a thing is there already.
const TWICE: [&str; 3] = ["already exists", "duplicate", "same name"];

/// What the service says in words of its own decides, never what it repeats of the request.
fn kind_of(status: u16, own: Option<Refusal>, text: &str) -> &'static str {
    let is_own = own.is_some();
    let Refusal { name, message } =
        own.unwrap_or_else(|| Refusal { name: String::new(), message: text.to_owned() });
    let said = format!("{name}: {}", message::unquoted(&message)).to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    match status {
        408 => kind::TIMEOUT,
        429 => kind::BUSY,
        413 if says(&TOO_OFTEN) => kind::BUSY,
        // What a proxy refuses or does not find is neither the tenant's fault nor gone.
        400..=499 if !is_own => kind::UNAVAILABLE,
        401 => kind::DENIED,
        403 if says(&OVER_QUOTA) => kind::QUOTA,
        403 => kind::DENIED,
        404 | 410 => kind::NOT_FOUND,
        409 if says(&OVER_QUOTA) => kind::QUOTA,
        409 if says(&TWICE) => kind::EXISTS,
        409 => kind::CONFLICT,
        413 if says(&OVER_QUOTA) => kind::QUOTA,
        406 | 501 => kind::UNSUPPORTED,
        400..=499 => kind::INVALID,
        // Nothing here follows a redirection; it is of a service that is elsewhere.
        300..=399 | 502..=504 => kind::UNAVAILABLE,
        _ => kind::INTERNAL,
    }
}

/// Whether the text begins as JSON does that holds something.
fn is_json(body: &[u8]) -> bool {
    body.trim_ascii_start().first().is_some_and(|first| matches!(first, b'{' | b'['))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_kind() {
        let keystone_twice = "{\"error\":{\"code\":409,\"title\":\"Conflict\",\"message\":\"Conflict occurred attempting to store project - it is not permitted to have two projects with the same name in the same domain : x.\"}}";
        let table = [
            (400, r#"{"badRequest":{"code":400,"message":"Invalid"}}"#, kind::INVALID),
            (
                401,
                r#"{"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}}"#,
                kind::DENIED,
            ),
            (
                403,
                r#"{"forbidden":{"code":403,"message":"Policy doesn't allow it to be performed."}}"#,
                kind::DENIED,
            ),
            (
                404,
                r#"{"itemNotFound":{"code":404,"message":"Instance x could not be found."}}"#,
                kind::NOT_FOUND,
            ),
            (405, r#"{"badMethod":{"code":405,"message":"No."}}"#, kind::INVALID),
            (
                406,
                r#"{"computeFault":{"code":406,"message":"Version 9.9 is not supported"}}"#,
                kind::UNSUPPORTED,
            ),
            (
                409,
                r#"{"conflictingRequest":{"code":409,"message":"Flavor with name x already exists."}}"#,
                kind::EXISTS,
            ),
            (409, keystone_twice, kind::EXISTS),
            (
                409,
                r#"{"conflictingRequest":{"code":409,"message":"Cannot 'start' instance"}}"#,
                kind::CONFLICT,
            ),
            (
                413,
                r#"{"code":"413 Request Entity Too Large","title":"Request Entity Too Large","message":"No."}"#,
                kind::INVALID,
            ),
            (422, r#"{"computeFault":{"code":422,"message":"No."}}"#, kind::INVALID),
            (429, "", kind::BUSY),
            (500, r#"{"computeFault":{"code":500,"message":"Unexpected API Error."}}"#, kind::INTERNAL),
            (300, r#"{"choices": []}"#, kind::UNAVAILABLE),
            (302, "", kind::UNAVAILABLE),
            (403, "<html>Forbidden</html>", kind::UNAVAILABLE),
            (404, "default backend - 404", kind::UNAVAILABLE),
            (404, "<html><h1>404 Not Found</h1></html>", kind::UNAVAILABLE),
            (404, "", kind::UNAVAILABLE),
            (400, "<html><h1>400 Bad Request</h1></html>", kind::UNAVAILABLE),
            (401, "<html>Please log in</html>", kind::UNAVAILABLE),
            (405, "", kind::UNAVAILABLE),
            (409, "Conflict", kind::UNAVAILABLE),
            (413, "Request Entity Too Large", kind::UNAVAILABLE),
            (413, "too many requests", kind::BUSY),
            (421, "", kind::UNAVAILABLE),
            (425, "", kind::UNAVAILABLE),
            (408, "", kind::TIMEOUT),
            (413, r#"{"overLimit":{"code":413,"message":"This request was rate-limited."}}"#, kind::BUSY),
            (502, "", kind::UNAVAILABLE),
            (503, "", kind::UNAVAILABLE),
            (504, "", kind::UNAVAILABLE),
        ];
        for (status, body, expected) in table {
            assert_eq!(refusal("", status, None, body.as_bytes()).kind, expected, "{status} {body}");
        }
    }

    /// A quota of each service, in the words of OpenStack 2026.2.
    #[test]
    fn a_quota_that_is_used_up_is_told_by_the_body() {
        let table = [
            (
                403,
                "forbidden",
                "Quota exceeded for instances: Requested 1, but already used 10 of 10 instances",
            ),
            (403, "forbidden", "Maximum number of ports exceeded"),
            (409, "conflictingRequest", "Quota exceeded for resources: ['security_group_rule']."),
            (409, "conflictingRequest", "Quota exceeded for resources: ['router_route']."),
            (413, "overLimit", "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded."),
            (
                413,
                "overLimit",
                "VolumeSizeExceedsAvailableQuota: Requested volume exceeds allowed gigabytes quota.",
            ),
            (
                413,
                "overLimit",
                "ShareSizeExceedsAvailableQuota: Requested share exceeds allowed gigabytes quota.",
            ),
            (
                413,
                "overLimit",
                "ShareNetworksLimitExceeded: Maximum number of share-networks allowed exceeded.",
            ),
        ];
        for (status, key, message) in table {
            let body = format!(r#"{{"{key}": {{"code": {status}, "message": "{message}"}}}}"#);
            assert_eq!(refusal("", status, None, body.as_bytes()).kind, kind::QUOTA, "{body}");
        }
    }

    /// One of Nova's, Cinder's or Manila's.
    fn of(status: u16, key: &str, message: &str) -> Error {
        let body = serde_json::json!({key: {"code": status, "message": message}}).to_string();
        refusal("", status, None, body.as_bytes())
    }

    #[test]
    fn the_word_quota_alone_is_none() {
        let policy = "Policy doesn't allow os_compute_api:os-quota-sets:show to be performed.";
        assert!(of(403, "forbidden", policy).is(kind::DENIED));
    }

    #[test]
    fn the_users_own_words_decide_nothing() {
        for name in ["quota", "duplicate", "quota exceeded", "already exists", "it's overLimit"] {
            let message = format!(
                "Multiple security_group matches found for name '{name}', use an ID to be more specific."
            );
            assert!(of(409, "conflictingRequest", &message).is(kind::CONFLICT), "{name}");
        }
    }

    #[test]
    fn only_json_is_an_answer() {
        for (status, body) in [
            (200, "<html>"),
            (200, ""),
            (200, "\u{feff}{}"),
            (202, "null"),
            (300, "{}"),
            (302, ""),
            (400, "<html>"),
            (401, "<html>"),
            (403, "<html>"),
            (404, "default backend - 404"),
            (405, ""),
            (409, ""),
        ] {
            assert!(is_strange("", status, body.as_bytes()), "{status} {body:?}");
        }
        for (status, body) in
            [(200, " {}"), (200, "[]"), (204, ""), (408, ""), (429, "<html>"), (503, "<html>")]
        {
            assert!(!is_strange("", status, body.as_bytes()), "{status} {body:?}");
        }
    }

    /// Neutron's 409s about security groups.
    #[test]
    fn what_is_there_already_is_told_from_what_is_in_use() {
        let of = |name: &str, message: &str| {
            let body =
                format!(r#"{{"NeutronError": {{"type": "{name}", "message": "{message}", "detail": ""}}}}"#);
            refusal("", 409, None, body.as_bytes()).kind
        };
        let twice = of("SecurityGroupRuleExists", "Security group rule already exists. Rule id is r1.");
        assert_eq!(twice, kind::EXISTS);
        let in_one = of("DuplicateSecurityGroupRuleInPost", "Duplicate Security Group Rule in POST.");
        assert_eq!(in_one, kind::EXISTS);
        let name = of("SecurityGroupDefaultAlreadyExists", "Default security group already exists.");
        assert_eq!(name, kind::EXISTS);
        assert_eq!(of("SecurityGroupInUse", "Security Group g1 in use."), kind::CONFLICT);
        let default = of(
            "SecurityGroupCannotRemoveDefault",
            "Insufficient rights for removing default security group.",
        );
        assert_eq!(default, kind::CONFLICT);
    }

    #[test]
    fn the_platform_does_not_read_the_backends_words() {
        assert!(!refusal("", 500, None, b"secret").public);
    }

    #[test]
    fn waiting_is_told_where_it_helps() {
        assert_eq!(refusal("", 503, Some("3"), b"").retry_after_ms, Some(3000));
        assert_eq!(refusal("", 429, Some(" 1 "), b"").retry_after_ms, Some(1000));
        assert_eq!(refusal("", 503, Some("Fri, 01 Jan 2027 00:00:00 GMT"), b"").retry_after_ms, None);
        assert_eq!(
            refusal("", 413, Some("0"), br#"{"overLimit":{"code":413,"message":"quota"}}"#).retry_after_ms,
            None
        );
    }
}
