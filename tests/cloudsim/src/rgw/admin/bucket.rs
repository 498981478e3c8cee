//! `/admin/bucket`: what buckets there are, whose, how full; and removing one.

use serde_json::{Value, json};

use super::super::acl::Acl;
use super::super::bucket::Bucket;
use super::super::refusal::{Code, Outcome};
use super::super::zone::Zone;
use super::bare;
use crate::call::{Answer, Call};

/// All that there is to permit, as bits.
const FULL_CONTROL: u8 = 15;

pub(super) fn route(zone: &mut Zone, call: &Call) -> Outcome {
    let name = call.query("bucket");
    match (call.method.as_str(), name) {
        ("GET", Some(name)) if call.query("policy").is_some() => policy(zone, name),
        ("GET", name) => show(zone, call, name),
        ("DELETE", Some(name)) => remove(zone, call, name),
        _ => Err(Code::InvalidArgument.into()),
    }
}

/// One bucket; with a user beside it, the list of what of that is the user's. Of an unknown user there is nothing.
fn show(zone: &Zone, call: &Call, name: Option<&str>) -> Outcome {
    let uid = call.query("uid");
    if let Some(name) = name {
        let bucket = zone.bucket(name)?;
        if uid.is_none() {
            return Ok(bare(&bucket.view(&zone.group_id)));
        }
    }
    let wanted = |bucket: &&Bucket| {
        uid.is_none_or(|uid| bucket.owner == uid) && name.is_none_or(|name| bucket.name == name)
    };
    let with_stats = call.query("stats") == Some("true");
    let entry = |bucket: &Bucket| if with_stats { bucket.view(&zone.group_id) } else { json!(bucket.name) };
    let list: Value = zone.buckets.values().filter(wanted).map(entry).collect();
    Ok(bare(&list))
}

/// The access control list, which is what this API means by a policy.
fn policy(zone: &Zone, name: &str) -> Outcome {
    let bucket = zone.buckets.get(name).ok_or(Code::NoSuchKey)?;
    let owner = zone.user(&bucket.owner)?;
    let flags = match bucket.acl {
        Acl::Private => 0_u8,
        Acl::PublicRead => 1,
        Acl::PublicReadWrite => 3,
    };
    let groups = if flags == 0 { json!([]) } else { json!([{"group": 1, "acl": flags}]) };
    let grant = json!({
        "type": {"type": 0}, "id": owner.uid, "email": "", "permission": {"flags": FULL_CONTROL},
        "name": owner.display_name, "group": 0, "url_spec": "",
    });
    Ok(bare(&json!({
        "acl": {
            "acl_user_map": [{"user": owner.uid, "acl": FULL_CONTROL}], "acl_group_map": groups,
            "grant_map": [{"id": owner.uid, "grant": grant}],
        },
        "owner": {"id": owner.uid, "display_name": owner.display_name},
    })))
}

fn remove(zone: &mut Zone, call: &Call, name: &str) -> Outcome {
    let bucket = zone.bucket(name)?;
    if !bucket.objects.is_empty() && call.query("purge-objects") != Some("true") {
        return Err(Code::BucketNotEmpty.into());
    }
    let (owner, gone) = (bucket.owner.clone(), bucket.usage());
    zone.count(&owner, Default::default(), gone);
    zone.buckets.remove(name);
    Ok(Answer::empty(200))
}
