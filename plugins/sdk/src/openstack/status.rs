//! The one table from a backend's refusal to the contract's error. Statuses alone do not tell: over quota
//! is 403 from Nova, 409 from Neutron and 413 from Cinder and Manila.

use crate::Error;
use crate::error::kind;

use super::message;

/// What a status that is not 2xx means, with the backend's words for the log. `retry_after` is the header's
/// value: seconds, or a date, which is left to the host's own backoff.
#[must_use]
pub fn refusal(status: u16, retry_after: Option<&str>, body: &[u8]) -> Error {
    let message = message::of(body);
    let kind = kind_of(status, &String::from_utf8_lossy(body));
    let waits = matches!(kind, kind::BUSY | kind::UNAVAILABLE);
    let retry_after_ms = retry_after
        .filter(|_| waits)
        .and_then(|value| value.trim().parse::<u32>().ok())
        .map(|seconds| seconds.saturating_mul(1000));
    Error { retry_after_ms, ..Error::hidden(kind, format_args!("backend answered {status}: {message}")) }
}

/// How each service says that a quota is used up. Not "quota" alone: names may hold it, and policies do.
const OVER_QUOTA: [&str; 4] = ["quota exceeded", "overquota", "overlimit", "maximum number of"];

fn kind_of(status: u16, body: &str) -> &'static str {
    let quota = || says(body, &OVER_QUOTA);
    match status {
        401 => kind::DENIED,
        403 if quota() => kind::QUOTA,
        403 => kind::DENIED,
        404 => kind::NOT_FOUND,
        408 => kind::TIMEOUT,
        409 if quota() => kind::QUOTA,
        409 if says(body, &["already exists", "duplicate", "same name"]) => kind::EXISTS,
        409 => kind::CONFLICT,
        413 if quota() => kind::QUOTA,
        406 | 501 => kind::UNSUPPORTED,
        429 => kind::BUSY,
        400..=499 => kind::INVALID,
        502..=504 => kind::UNAVAILABLE,
        _ => kind::INTERNAL,
    }
}

fn says(body: &str, words: &[&str]) -> bool {
    let body = body.to_ascii_lowercase();
    words.iter().any(|word| body.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_kind() {
        let keystone_twice = "{\"error\":{\"code\":409,\"message\":\"Conflict occurred attempting to store project - it is not permitted to have two projects with the same name in the same domain : x.\"}}";
        let table = [
            (400, r#"{"badRequest":{"message":"Invalid"}}"#, kind::INVALID),
            (
                401,
                r#"{"error":{"message":"The request you have made requires authentication."}}"#,
                kind::DENIED,
            ),
            (403, r#"{"forbidden":{"message":"Policy doesn't allow it to be performed."}}"#, kind::DENIED),
            (404, r#"{"itemNotFound":{"message":"Instance x could not be found."}}"#, kind::NOT_FOUND),
            (405, "", kind::INVALID),
            (406, r#"{"computeFault":{"message":"Version 9.9 is not supported"}}"#, kind::UNSUPPORTED),
            (409, r#"{"conflictingRequest":{"message":"Flavor with name x already exists."}}"#, kind::EXISTS),
            (409, keystone_twice, kind::EXISTS),
            (409, r#"{"conflictingRequest":{"message":"Cannot 'start' instance"}}"#, kind::CONFLICT),
            (413, "Request Entity Too Large", kind::INVALID),
            (422, "", kind::INVALID),
            (429, "", kind::BUSY),
            (500, r#"{"computeFault":{"message":"Unexpected API Error."}}"#, kind::INTERNAL),
            (302, "", kind::INTERNAL),
            (502, "", kind::UNAVAILABLE),
            (503, "", kind::UNAVAILABLE),
            (504, "", kind::UNAVAILABLE),
        ];
        for (status, body, expected) in table {
            assert_eq!(refusal(status, None, body.as_bytes()).kind, expected, "{status} {body}");
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
            (409, "OverQuota", "Quota exceeded for resources: ['security_group_rule']."),
            (409, "OverQuota", "Quota exceeded for resources: ['router_route']."),
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
            assert_eq!(refusal(status, None, body.as_bytes()).kind, kind::QUOTA, "{body}");
        }
    }

    #[test]
    fn the_word_quota_alone_is_none() {
        let policy = "Policy doesn't allow os_compute_api:os-quota-sets:show to be performed.";
        assert_eq!(refusal(403, None, policy.as_bytes()).kind, kind::DENIED);
        let name = "Multiple security_group matches found for name 'quota', use an ID to be more specific.";
        assert_eq!(refusal(409, None, name.as_bytes()).kind, kind::CONFLICT);
    }

    /// Neutron's 409s about security groups.
    #[test]
    fn what_is_there_already_is_told_from_what_is_in_use() {
        let of = |name: &str, message: &str| {
            let body =
                format!(r#"{{"NeutronError": {{"type": "{name}", "message": "{message}", "detail": ""}}}}"#);
            refusal(409, None, body.as_bytes()).kind
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
        assert!(!refusal(500, None, b"secret").public);
    }

    #[test]
    fn waiting_is_told_where_it_helps() {
        assert_eq!(refusal(503, Some("3"), b"").retry_after_ms, Some(3000));
        assert_eq!(refusal(429, Some(" 1 "), b"").retry_after_ms, Some(1000));
        assert_eq!(refusal(503, Some("Fri, 01 Jan 2027 00:00:00 GMT"), b"").retry_after_ms, None);
        assert_eq!(refusal(413, Some("0"), b"quota").retry_after_ms, None);
    }
}
