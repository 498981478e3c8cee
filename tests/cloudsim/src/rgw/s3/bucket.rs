//! Buckets: making, looking at, removing, and who may by their access control lists. Their policies are in `policy`,
//! what is in them in `list`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::access::{self, Action};
use super::super::acl::Acl;
use super::super::bucket::{Bucket, is_name};
use super::super::quota::{Quota, Usage};
use super::super::refusal::{Code, Outcome, Refusal};
use super::super::xml::{self, Text};
use super::super::zone::Zone;
use super::object::STORAGE_CLASS;
use super::{Request, document, list};
use crate::call::Answer;

pub(super) fn route(zone: &mut Zone, request: &Request<'_>) -> Outcome {
    let asked = |name| request.call.query(name).is_some();
    match request.call.method.as_str() {
        "PUT" if asked("acl") => set_acl(zone, request),
        "PUT" => create(zone, request),
        "GET" if asked("acl") => acl(zone, request),
        "GET" if asked("location") => location(zone, request),
        "GET" if asked("policyStatus") => policy_status(zone, request),
        "GET" => list::objects(zone, request),
        "HEAD" => head(zone, request),
        "DELETE" => remove(zone, request),
        _ => {
            zone.bucket(request.bucket)?;
            Err(Code::MethodNotAllowed.into())
        }
    }
}

/// One's own again is no error, as long as the access control list is the same.
fn create(zone: &mut Zone, request: &Request<'_>) -> Outcome {
    let name = request.bucket;
    let owner = request.caller.ok_or(Code::AccessDenied)?;
    let acl = Acl::parse(request.call.header("x-amz-acl"))?;
    if !is_name(name) {
        return Err(Code::InvalidBucketName.into());
    }
    place(zone.region, &String::from_utf8_lossy(&request.call.body))?;
    if request.call.header("x-amz-storage-class").is_some_and(|class| class != STORAGE_CLASS) {
        return Err(Code::InvalidArgument.into());
    }
    let made = zone.buckets_of(owner).count();
    match zone.user(owner)?.buckets_max {
        ..0 => return Err(Code::AccessDenied.into()),
        0 => {}
        most if i64::try_from(made).is_ok_and(|made| made < most) => {}
        _ => return Err(Code::TooManyBuckets.into()),
    }
    match zone.buckets.get(name) {
        Some(bucket) if bucket.owner == owner && bucket.acl == acl => {}
        Some(_) => return Err(Code::BucketAlreadyExists.into()),
        None => insert(zone, request, owner, acl),
    }
    Ok(Answer::empty(200))
}

fn insert(zone: &mut Zone, request: &Request<'_>, owner: &str, acl: Acl) {
    zone.made += 1;
    let bucket = Bucket {
        name: request.bucket.to_owned(),
        id: format!("{}.1027.{}", zone.group_id, zone.made),
        owner: owner.to_owned(),
        created: request.now,
        acl,
        policy: None,
        quota: Quota::none(),
        objects: BTreeMap::new(),
        synced: Usage::default(),
    };
    zone.buckets.insert(bucket.name.clone(), bucket);
}

#[derive(Deserialize)]
enum Body {
    CreateBucketConfiguration {
        #[serde(rename = "LocationConstraint", default)]
        constraint: String,
    },
}

/// The body may name where the bucket goes, "REGION:PLACEMENT": here there is one region with one placement.
fn place(region: &str, body: &str) -> Result<(), Refusal> {
    if body.is_empty() {
        return Ok(());
    }
    let Body::CreateBucketConfiguration { constraint } = xml::read(body).ok_or(Code::InvalidArgument)?;
    let constraint = constraint.trim();
    let (wanted, placement) = constraint.split_once(':').unwrap_or((constraint, ""));
    let refuse = |message| Err(Refusal::with(Code::InvalidLocationConstraint, message));
    match (wanted, placement) {
        (wanted, _) if !wanted.is_empty() && wanted != region => {
            refuse("The specified location-constraint is not valid")
        }
        (_, "" | "default-placement") => Ok(()),
        _ => refuse("The specified placement target does not exist"),
    }
}

fn head(zone: &Zone, request: &Request<'_>) -> Outcome {
    let bucket = zone.bucket(request.bucket)?;
    access::to_bucket(bucket, request.caller, Action::ListBucket)?;
    let used = bucket.usage();
    Ok(Answer::empty(200)
        .with("x-rgw-object-count", &used.objects.to_string())
        .with("x-rgw-bytes-used", &used.bytes.to_string()))
}

/// Trying it brings the bucket's part of its owner's figures up to date.
fn remove(zone: &mut Zone, request: &Request<'_>) -> Outcome {
    let bucket = zone.bucket_mut(request.bucket)?;
    access::to_bucket(bucket, request.caller, Action::DeleteBucket)?;
    bucket.synced = bucket.usage();
    if !bucket.objects.is_empty() {
        return Err(Code::BucketNotEmpty.into());
    }
    zone.buckets.remove(request.bucket);
    Ok(Answer::empty(204))
}

fn acl(zone: &Zone, request: &Request<'_>) -> Outcome {
    let bucket = zone.bucket(request.bucket)?;
    access::to_bucket(bucket, request.caller, Action::GetBucketAcl)?;
    let owner = zone.user(&bucket.owner)?.owner();
    Ok(Answer::text(200, "application/xml", bucket.acl.document(&owner)))
}

fn set_acl(zone: &mut Zone, request: &Request<'_>) -> Outcome {
    let bucket = zone.bucket_mut(request.bucket)?;
    access::to_bucket(bucket, request.caller, Action::PutBucketAcl)?;
    bucket.acl = Acl::parse(request.call.header("x-amz-acl"))?;
    Ok(Answer::text(200, "application/xml", ""))
}

fn location(zone: &Zone, request: &Request<'_>) -> Outcome {
    let bucket = zone.bucket(request.bucket)?;
    access::to_bucket(bucket, request.caller, Action::GetBucketLocation)?;
    Ok(document("LocationConstraint", Text { text: zone.region }))
}

fn policy_status(zone: &Zone, request: &Request<'_>) -> Outcome {
    let bucket = zone.bucket(request.bucket)?;
    access::to_bucket(bucket, request.caller, Action::GetBucketPolicyStatus)?;
    let is_public =
        bucket.policy.as_ref().is_some_and(|policy| policy.is_public()) || bucket.acl.everybody_reads();
    Ok(document("PolicyStatus", PolicyStatus { is_public }))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyStatus {
    is_public: bool,
}
