//! Objects: put, shown, removed. Whole bodies only: no uploads in parts, no copies.

use std::fmt::Write as _;

use md5::{Digest, Md5};

use super::super::access::{self, Action};
use super::super::acl::Acl;
use super::super::bucket::Object;
use super::super::quota::Usage;
use super::super::refusal::{Code, Outcome};
use super::super::zone::Zone;
use super::Request;
use crate::call::{Answer, Call};

/// What S3 says of a body of which nobody said anything.
const CONTENT_TYPE: &str = "binary/octet-stream";
const METADATA: &str = "x-amz-meta-";
/// The only class of storage.
pub(super) const STORAGE_CLASS: &str = "STANDARD";

pub(super) fn route(zone: &mut Zone, request: &Request<'_>) -> Outcome {
    match request.call.method.as_str() {
        "GET" if request.call.query("acl").is_some() => acl(zone, request),
        "GET" | "HEAD" => show(zone, request),
        "PUT" => put(zone, request),
        "DELETE" => remove(zone, request),
        _ => Err(Code::MethodNotAllowed.into()),
    }
}

/// What nobody that is known puts belongs to the bucket's owner.
fn put(zone: &mut Zone, request: &Request<'_>) -> Outcome {
    let call = request.call;
    let bucket = zone.bucket(request.bucket)?;
    access::to_write(bucket, request.key, request.caller, Action::PutObject)?;
    if call.query("acl").is_some() || call.header("x-amz-copy-source").is_some() {
        return Err(Code::NotImplemented.into());
    }
    if call.header("x-amz-storage-class").is_some_and(|class| class != STORAGE_CLASS) {
        return Err(Code::InvalidArgument.into());
    }
    let owner = bucket.owner.clone();
    let object = object(request, request.caller.unwrap_or(&owner))?;
    let (come, etag) = (Usage::of(object.body.len()), object.etag.clone());
    zone.admit(request.bucket, come)?;
    let replaced = zone.bucket_mut(request.bucket)?.objects.insert(request.key.to_owned(), object);
    let gone = replaced.map(|old| Usage::of(old.body.len())).unwrap_or_default();
    zone.count(&owner, come, gone);
    Ok(Answer::empty(200).with("etag", &etag).with("accept-ranges", "bytes"))
}

fn object(request: &Request<'_>, owner: &str) -> Result<Object, Code> {
    let call = request.call;
    let text = |name, value: &str| (String::from(name), value.to_owned());
    Ok(Object {
        body: call.body.clone(),
        content_type: call.header("content-type").unwrap_or(CONTENT_TYPE).to_owned(),
        metadata: call.headers_with(METADATA).map(|(name, value)| text(name, value)).collect(),
        etag: format!("\"{}\"", md5(&call.body)),
        modified: request.now,
        owner: owner.to_owned(),
        acl: Acl::parse(call.header("x-amz-acl"))?,
    })
}

fn md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn show(zone: &Zone, request: &Request<'_>) -> Outcome {
    let bucket = zone.bucket(request.bucket)?;
    let object = access::to_object(bucket, request.key, request.caller, Action::GetObject)?;
    let length = object.body.len();
    let mut answer = Answer::empty(200);
    answer.body = object.body.clone();
    if let Some((first, last)) = range(request.call, length)? {
        answer = Answer::empty(206).with("content-range", &format!("bytes {first}-{last}/{length}"));
        answer.body = object.body.slice(first..=last);
    }
    for (name, value) in &object.metadata {
        answer = answer.with(name, value);
    }
    Ok(answer
        .with("accept-ranges", "bytes")
        .with("last-modified", &object.modified.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .with("etag", &object.etag)
        .with("x-rgw-object-type", "Normal")
        .with("content-type", &object.content_type))
}

/// The first and the last byte that are wanted; `None` is all. What is no range is not heard.
fn range(call: &Call, length: usize) -> Result<Option<(usize, usize)>, Code> {
    let range = call.header("range").and_then(|header| header.strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else { return Ok(None) };
    let (first, last) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) => (first, last.min(length.saturating_sub(1))),
        (Ok(first), Err(_)) => (first, length.saturating_sub(1)),
        (Err(_), Ok(count)) => (length.saturating_sub(count), length.saturating_sub(1)),
        (Err(_), Err(_)) => return Ok(None),
    };
    if first < length && first <= last { Ok(Some((first, last))) } else { Err(Code::InvalidRange) }
}

fn acl(zone: &Zone, request: &Request<'_>) -> Outcome {
    let bucket = zone.bucket(request.bucket)?;
    let object = access::to_object(bucket, request.key, request.caller, Action::GetObjectAcl)?;
    let owner = zone.user(&object.owner)?.owner();
    Ok(Answer::text(200, "application/xml", object.acl.document(&owner)))
}

/// What is not there is gone already.
fn remove(zone: &mut Zone, request: &Request<'_>) -> Outcome {
    let bucket = zone.bucket_mut(request.bucket)?;
    access::to_write(bucket, request.key, request.caller, Action::DeleteObject)?;
    if let Some(object) = bucket.objects.remove(request.key) {
        let owner = bucket.owner.clone();
        zone.count(&owner, Usage::default(), Usage::of(object.body.len()));
    }
    Ok(Answer::empty(204))
}
