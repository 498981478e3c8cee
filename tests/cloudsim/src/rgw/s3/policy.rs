//! A bucket's policy: put, shown as it was put, removed. What it means is in the zone's own `policy`.

use super::super::access::{self, Action};
use super::super::policy::Policy;
use super::super::refusal::{Code, Outcome, Refusal};
use super::super::zone::Zone;
use super::Request;
use crate::call::Answer;

pub(super) fn route(zone: &mut Zone, request: &Request<'_>) -> Outcome {
    let bucket = zone.bucket_mut(request.bucket)?;
    match request.call.method.as_str() {
        "GET" => {
            access::to_bucket(bucket, request.caller, Action::GetBucketPolicy)?;
            let none = Refusal::with(Code::NoSuchBucketPolicy, "The bucket policy does not exist");
            let policy = bucket.policy.as_ref().ok_or(none)?;
            Ok(Answer::text(200, "application/json", policy.text.clone()))
        }
        "PUT" => {
            access::to_bucket(bucket, request.caller, Action::PutBucketPolicy)?;
            bucket.policy = Some(Policy::parse(&request.call.body)?);
            Ok(Answer::empty(204))
        }
        "DELETE" => {
            access::to_bucket(bucket, request.caller, Action::DeleteBucketPolicy)?;
            bucket.policy = None;
            Ok(Answer::empty(200))
        }
        _ => Err(Code::MethodNotAllowed.into()),
    }
}
