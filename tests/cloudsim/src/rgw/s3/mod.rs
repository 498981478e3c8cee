//! S3: the bucket is the path's first part, the object's key the rest. Routes, and the list of one's buckets.

mod bucket;
mod list;
mod object;
mod policy;

use jiff::Timestamp;
use serde::Serialize;

use super::bucket::{Bucket, millis};
use super::canonical::decoded;
use super::refusal::{Code, Outcome, Refusal};
use super::signature;
use super::trace::Trace;
use super::user::User;
use super::xml::{self, Owner};
use super::zone::Zone;
use crate::call::{Answer, Call};

/// Parts of S3 that are not simulated, by the parameters that ask for them.
const UNKNOWN: [&str; 15] = [
    "cors",
    "delete",
    "encryption",
    "lifecycle",
    "logging",
    "notification",
    "object-lock",
    "publicAccessBlock",
    "replication",
    "tagging",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
];

/// Who calls, and for which bucket and object.
struct Request<'a> {
    call: &'a Call,
    now: Timestamp,
    caller: Option<&'a str>,
    bucket: &'a str,
    key: &'a str,
}

pub(super) fn answer(zone: &mut Zone, now: Timestamp, call: &Call, trace: &Trace) -> Answer {
    let caller = match signature::caller(zone, now, call) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.xml(trace, None),
    };
    let path = decoded(call.path.trim_start_matches('/'));
    let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
    let request = Request { call, now, caller: caller.as_deref(), bucket, key };
    let refused = |refusal: Refusal| refusal.xml(trace, Some(bucket).filter(|name| !name.is_empty()));
    route(zone, &request).unwrap_or_else(refused)
}

fn route(zone: &mut Zone, request: &Request<'_>) -> Outcome {
    signature::body(request.call)?;
    if needs_length(request) && request.call.header("content-length").is_none() {
        zone.bucket(request.bucket)?;
        return Err(Code::MissingContentLength.into());
    }
    let asked = |name| request.call.query(name).is_some();
    match (request.bucket, request.key) {
        ("", _) if request.call.method == "GET" => Ok(buckets(zone, request.caller)),
        ("", _) => Err(Code::MethodNotAllowed.into()),
        _ if UNKNOWN.into_iter().any(asked) => Err(Code::NotImplemented.into()),
        (_, "") if asked("policy") => policy::route(zone, request),
        (_, "") => bucket::route(zone, request),
        _ => object::route(zone, request),
    }
}

/// Only a bucket may be put without saying how long the body is.
fn needs_length(request: &Request<'_>) -> bool {
    let part = ["acl", "policy"].into_iter().any(|name| request.call.query(name).is_some());
    request.call.method == "PUT" && (part || !request.key.is_empty())
}

/// Of nobody that is known, none.
fn buckets(zone: &Zone, caller: Option<&str>) -> Answer {
    let user = caller.and_then(|uid| zone.users.get(uid));
    let nobody = || Owner { id: "anonymous".to_owned(), ..Owner::default() };
    let owner = user.map_or_else(nobody, User::owner);
    let buckets = zone.buckets_of(caller.unwrap_or_default());
    let listed =
        |bucket: &Bucket| Listed { name: bucket.name.clone(), creation_date: millis(bucket.created) };
    let buckets = Buckets { buckets: buckets.map(listed).collect() };
    document("ListAllMyBucketsResult", AllBuckets { owner, buckets })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AllBuckets {
    owner: Owner,
    buckets: Buckets,
}

#[derive(Serialize)]
struct Buckets {
    #[serde(rename = "Bucket")]
    buckets: Vec<Listed>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    name: String,
    creation_date: String,
}

fn document(root: &str, content: impl Serialize) -> Answer {
    Answer::text(200, "application/xml", xml::document(root, content))
}
