//! `/admin/user?quota` and `/admin/bucket?quota`: the limits of a user, of each of a user's buckets, of one bucket.

use jiff::Timestamp;
use serde_json::json;

use super::super::refusal::{Code, Outcome};
use super::super::zone::Zone;
use super::bare;
use crate::call::{Answer, Call};

pub(super) fn of_user(zone: &mut Zone, now: Timestamp, call: &Call) -> Outcome {
    let uid = call.query("uid").ok_or(Code::InvalidArgument)?;
    let user = zone.user_mut(uid)?;
    match (call.method.as_str(), call.query("quota-type")) {
        ("GET", None) => {
            let (bucket, user) = (user.bucket_quota.view(), user.quota.view());
            Ok(bare(&json!({"bucket_quota": bucket, "user_quota": user})))
        }
        ("GET", Some("user")) => Ok(bare(&user.quota.view())),
        ("GET", Some("bucket")) => Ok(bare(&user.bucket_quota.view())),
        ("PUT", Some(kind @ ("user" | "bucket"))) => {
            let quota = if kind == "user" { &mut user.quota } else { &mut user.bucket_quota };
            quota.update(call);
            user.touch(now);
            Ok(Answer::empty(200))
        }
        ("GET" | "PUT", _) => Err(Code::InvalidArgument.into()),
        _ => Err(Code::MethodNotAllowed.into()),
    }
}

/// Nobody checks whose bucket it is.
pub(super) fn of_bucket(zone: &mut Zone, call: &Call) -> Outcome {
    if call.method != "PUT" {
        return Err(Code::MethodNotAllowed.into());
    }
    if call.query("uid").is_none() {
        return Err(Code::InvalidArgument.into());
    }
    let name = call.query("bucket").ok_or(Code::InvalidArgument)?;
    zone.buckets.get_mut(name).ok_or(Code::NoSuchKey)?.quota.update_of_bucket(call);
    Ok(Answer::empty(200))
}
