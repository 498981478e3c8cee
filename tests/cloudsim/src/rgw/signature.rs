//! Who calls: AWS Signature Version 4, in the header or in the query of a URL signed beforehand. What is signed is
//! in `canonical`; what the caller may is in `access`.

use std::time::SystemTime;

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::canonical::{self, SIGNATURE, UNSIGNED};
use super::refusal::{Code, Refusal};
use super::zone::Zone;
use crate::call::Call;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// How far a client's clock may be off.
const SKEW_MAX: SignedDuration = SignedDuration::from_mins(15);
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// Who calls: a user's name, or nobody that is known.
pub(super) type Caller = Option<String>;

/// What a signed request says of its signature.
struct Claim {
    access_key: String,
    /// "20261123/region-1/s3/aws4_request"
    scope: String,
    signed_headers: String,
    signature: String,
    /// As it was sent, which is signed.
    time: String,
    at: Timestamp,
    /// Of a URL signed beforehand: how long it is good.
    good_for: Option<SignedDuration>,
}

/// Proves the signature, if there is one.
pub(super) fn caller(zone: &Zone, now: Timestamp, call: &Call) -> Result<Caller, Refusal> {
    let Some(claim) = claim(call)? else { return Ok(None) };
    in_time(&claim, now)?;
    if has_body(call) && !takes_body(call) && is_hash_signed(call) {
        return Err(Code::NotImplemented.into());
    }
    let user = zone.user_of_key(&claim.access_key).ok_or(Code::InvalidAccessKeyId)?;
    let secret = user.keys.get(&claim.access_key).ok_or(Code::InvalidAccessKeyId)?;
    if signature(call, &claim, secret) != claim.signature {
        return Err(Code::SignatureDoesNotMatch.into());
    }
    if user.suspended {
        return Err(Code::UserSuspended.into());
    }
    Ok(Some(user.uid.clone()))
}

/// Refuses a body that is not the one that was signed, whoever signed it.
pub(super) fn body(call: &Call) -> Result<(), Code> {
    let is_signed = is_hash_signed(call) && call.header("authorization").is_some();
    if is_signed && canonical::payload(call) != canonical::sha256(&call.body) {
        return Err(Code::XAmzContentSHA256Mismatch);
    }
    Ok(())
}

fn claim(call: &Call) -> Result<Option<Claim>, Code> {
    match (call.header("authorization"), call.query("X-Amz-Algorithm")) {
        (Some(header), _) => {
            let claimed = header.strip_prefix(ALGORITHM).ok_or(Code::InvalidArgument)?;
            of_header(call, claimed).map(Some)
        }
        (None, Some(ALGORITHM)) => of_query(call).map(Some),
        (None, Some(_)) => Err(Code::InvalidArgument),
        (None, None) => Ok(None),
    }
}

/// `Credential=KEY/SCOPE, SignedHeaders=a;b, Signature=HEX`
fn of_header(call: &Call, claimed: &str) -> Result<Claim, Code> {
    let part = |name: &str| {
        let mut parts = claimed.split(',').filter_map(|part| part.trim().split_once('='));
        parts.find(|(key, _)| *key == name).map(|(_, value)| value).ok_or(Code::InvalidArgument)
    };
    let (credential, signed_headers) = (part("Credential")?, part("SignedHeaders")?);
    let time = call.header("x-amz-date").ok_or(Code::AccessDenied)?;
    claimed_by(credential, signed_headers, part("Signature")?, time, None)
}

fn of_query(call: &Call) -> Result<Claim, Code> {
    let part = |name: &str| call.query(name).ok_or(Code::AccessDenied);
    let seconds = part("X-Amz-Expires")?.parse().map_err(|_| Code::AccessDenied)?;
    let good_for = Some(SignedDuration::from_secs(seconds));
    let signed_headers = part("X-Amz-SignedHeaders")?;
    claimed_by(part("X-Amz-Credential")?, signed_headers, part(SIGNATURE)?, part("X-Amz-Date")?, good_for)
}

fn claimed_by(
    credential: &str,
    signed_headers: &str,
    signature: &str,
    time: &str,
    good_for: Option<SignedDuration>,
) -> Result<Claim, Code> {
    let (access_key, scope) = credential.split_once('/').ok_or(Code::InvalidArgument)?;
    let at = DateTime::strptime(TIME, time).and_then(|at| at.to_zoned(TimeZone::UTC));
    Ok(Claim {
        access_key: access_key.to_owned(),
        scope: scope.to_owned(),
        signed_headers: signed_headers.to_owned(),
        signature: signature.to_owned(),
        time: time.to_owned(),
        at: at.map_err(|_| Code::AccessDenied)?.timestamp(),
        good_for,
    })
}

fn in_time(claim: &Claim, now: Timestamp) -> Result<(), Code> {
    let age = now.duration_since(claim.at);
    match claim.good_for {
        Some(good_for) if age > good_for => Err(Code::AccessDenied),
        None if age.abs() > SKEW_MAX => Err(Code::RequestTimeTooSkewed),
        _ => Ok(()),
    }
}

/// The region's name is free: the scope says it.
fn signature(call: &Call, claim: &Claim, secret: &str) -> String {
    let region = claim.scope.split('/').nth(1).unwrap_or_default();
    let service = claim.scope.split('/').nth(2).unwrap_or_default();
    let request = canonical::request(call, &claim.signed_headers);
    let hash = canonical::sha256(request.as_bytes());
    let text = [ALGORITHM, &claim.time, &claim.scope, &hash].join("\n");
    let key = generate_signing_key(secret, SystemTime::from(claim.at), region, service);
    calculate_signature(key, text.as_bytes())
}

fn is_hash_signed(call: &Call) -> bool {
    call.query("X-Amz-Algorithm").is_none() && canonical::payload(call) != UNSIGNED
}

fn has_body(call: &Call) -> bool {
    !call.body.is_empty() || call.header("transfer-encoding").is_some()
}

/// A gateway hashes the body only of what it knows to have one.
fn takes_body(call: &Call) -> bool {
    !matches!(call.method.as_str(), "GET" | "HEAD" | "DELETE") && call.segments().first() != Some(&"admin")
}
