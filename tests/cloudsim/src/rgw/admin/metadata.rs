//! `/admin/metadata`: users and buckets as the gateway keeps them. Only reading; of buckets only the names.

use serde_json::json;

use super::super::bucket::micros;
use super::super::refusal::{Code, Outcome};
use super::super::zone::Zone;
use super::page;
use crate::call::{Answer, Call};

pub(super) fn route(zone: &Zone, call: &Call, path: &[&str]) -> Outcome {
    match (path, call.query("key")) {
        (["metadata"], _) => Ok(Answer::json(200, &["bucket", "bucket.instance", "otp", "user"])),
        (["metadata", "user"], Some(key)) => user(zone, key),
        (["metadata", "user"], None) => Ok(list(call, zone.users.keys())),
        (["metadata", "bucket"], None) => Ok(list(call, zone.buckets.keys())),
        _ => Err(Code::NoSuchKey.into()),
    }
}

/// Plain names, unless the query asks for a page.
fn list<'a>(call: &Call, names: impl Iterator<Item = &'a String>) -> Answer {
    if call.query("max-entries").is_none() {
        return Answer::json(200, &names.collect::<Vec<_>>());
    }
    let (names, next) = page(call, names);
    let truncated = next.is_some().to_string();
    let mut body = json!({"keys": names, "truncated": truncated, "count": names.len()});
    if let Some(next) = next {
        body["marker"] = json!(next);
    }
    Answer::json(200, &body)
}

/// The time is of the last change, not of the making.
fn user(zone: &Zone, key: &str) -> Outcome {
    let user = zone.users.get(key).ok_or(Code::NoSuchKey)?;
    let mut data = user.view();
    if let Some(fields) = data.as_object_mut() {
        fields.retain(|name, _| !matches!(name.as_str(), "tenant" | "system" | "admin"));
    }
    data["attrs"] = json!([]);
    Ok(Answer::json(
        200,
        &json!({
            "key": format!("user:{key}"), "ver": {"tag": format!("_{}", zone.group_id), "ver": user.version},
            "mtime": micros(user.changed), "data": data,
        }),
    ))
}
