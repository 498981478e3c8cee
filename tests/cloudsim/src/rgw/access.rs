//! Who may do what with a bucket and an object: the policy first, then the access control lists.

use super::bucket::{Bucket, Object};
use super::policy::Effect;
use super::refusal::Code;

/// What a call does, by the names that policies have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    DeleteBucket,
    DeleteBucketPolicy,
    DeleteObject,
    GetBucketAcl,
    GetBucketLocation,
    GetBucketPolicy,
    GetBucketPolicyStatus,
    GetObject,
    GetObjectAcl,
    ListBucket,
    PutBucketAcl,
    PutBucketPolicy,
    PutObject,
}

/// Refuses what the caller may not do with the bucket itself.
pub(super) fn to_bucket(bucket: &Bucket, caller: Option<&str>, action: Action) -> Result<(), Code> {
    let listed =
        || caller == Some(&bucket.owner) || (action == Action::ListBucket && bucket.acl.everybody_reads());
    allowed(said(bucket, caller, action, &bucket.name).unwrap_or_else(listed))
}

/// The object, where the caller may do this with it. One that is not there is named as missing only to those who
/// may list the bucket.
pub(super) fn to_object<'a>(
    bucket: &'a Bucket,
    key: &str,
    caller: Option<&str>,
    action: Action,
) -> Result<&'a Object, Code> {
    let Some(object) = bucket.objects.get(key) else {
        to_bucket(bucket, caller, Action::ListBucket)?;
        return Err(Code::NoSuchKey);
    };
    let listed =
        || caller == Some(&object.owner) || (action == Action::GetObject && object.acl.everybody_reads());
    allowed(said(bucket, caller, action, &resource(bucket, key)).unwrap_or_else(listed))?;
    Ok(object)
}

/// Refuses whoever may not write objects to the bucket, or remove them.
pub(super) fn to_write(bucket: &Bucket, key: &str, caller: Option<&str>, action: Action) -> Result<(), Code> {
    let listed = || caller == Some(&bucket.owner) || bucket.acl.everybody_writes();
    allowed(said(bucket, caller, action, &resource(bucket, key)).unwrap_or_else(listed))
}

fn resource(bucket: &Bucket, key: &str) -> String {
    format!("{}/{key}", bucket.name)
}

/// What the policy says, if anything.
fn said(bucket: &Bucket, caller: Option<&str>, action: Action, resource: &str) -> Option<bool> {
    let effect = bucket.policy.as_ref()?.effect(caller, &format!("{action:?}"), resource)?;
    Some(effect == Effect::Allow)
}

fn allowed(allowed: bool) -> Result<(), Code> {
    if allowed { Ok(()) } else { Err(Code::AccessDenied) }
}
