//! `/admin/user`: making, showing, changing and removing users.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::refusal::{Code, Outcome};
use super::super::user::{User, access_key, secret_key};
use super::super::zone::Zone;
use super::{bare, page};
use crate::call::{Answer, Call};

pub(super) fn route(zone: &mut Zone, now: Timestamp, call: &Call) -> Outcome {
    match call.method.as_str() {
        "GET" if call.query("list").is_some() => Ok(list(zone, call)),
        "GET" => show(zone, call),
        "PUT" => create(zone, now, call),
        "POST" => change(zone, now, call),
        "DELETE" => remove(zone, call),
        _ => Err(Code::MethodNotAllowed.into()),
    }
}

/// The name in the query; without one, nobody may.
pub(super) fn uid(call: &Call) -> Result<&str, Code> {
    call.query("uid").filter(|uid| !uid.is_empty()).ok_or(Code::AccessDenied)
}

fn list(zone: &Zone, call: &Call) -> Answer {
    let (names, next) = page(call, zone.users.keys());
    let mut body = json!({"keys": names, "truncated": next.is_some(), "count": names.len()});
    if let Some(next) = next {
        body["marker"] = json!(next);
    }
    bare(&body)
}

fn show(zone: &mut Zone, call: &Call) -> Outcome {
    let asked = |name| call.query(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let uid = match (call.query("uid"), call.query("access-key")) {
        (Some(uid), _) => zone.user(uid)?.uid.clone(),
        (None, Some(key)) => zone.user_of_key(key).ok_or(Code::AccessDenied)?.uid.clone(),
        (None, None) => return Err(Code::InvalidArgument.into()),
    };
    if asked("sync") {
        zone.sync(&uid);
    }
    let mut body = zone.user(&uid)?.view();
    if asked("stats") {
        body["stats"] = zone.stats(&uid).view(0);
    }
    Ok(bare(&body))
}

fn create(zone: &mut Zone, now: Timestamp, call: &Call) -> Outcome {
    let uid = uid(call)?;
    if zone.users.contains_key(uid) {
        return Err(Code::UserAlreadyExists.into());
    }
    if uid.split_once('$').is_some_and(|(tenant, _)| !is_tenant(tenant)) {
        return Err(Code::InvalidTenantName.into());
    }
    let display_name = call.query("display-name").filter(|name| !name.is_empty());
    let mut user = User::new(uid, display_name.ok_or(Code::InvalidArgument)?, now);
    set(zone, &mut user, call)?;
    if let Some(access) = new_key(call) {
        let access = access.map_or_else(access_key, str::to_owned);
        if zone.user_of_key(&access).is_some() {
            return Err(Code::KeyExists.into());
        }
        let secret = call.query("secret-key").map_or_else(secret_key, str::to_owned);
        user.keys.insert(access, secret);
    }
    let body = user.view();
    zone.users.insert(uid.to_owned(), user);
    Ok(bare(&body))
}

fn is_tenant(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The key to make: with this public half or any; none where that is told.
fn new_key(call: &Call) -> Option<Option<&str>> {
    let given = call.query("access-key");
    let wanted = given.is_some() || call.query("generate-key") != Some("false");
    wanted.then_some(given)
}

/// Takes over what the query says of a user.
fn set(zone: &Zone, user: &mut User, call: &Call) -> Result<(), Code> {
    let said = |name| call.query(name).filter(|value: &&str| !value.is_empty());
    if let Some(email) = said("email") {
        if zone.users.values().any(|other| other.email == email && other.uid != user.uid) {
            return Err(Code::EmailExists);
        }
        email.clone_into(&mut user.email);
    }
    if let Some(name) = said("display-name") {
        name.clone_into(&mut user.display_name);
    }
    if let Some(most) = said("max-buckets") {
        user.buckets_max = most.parse().unwrap_or(0);
    }
    if let Some(suspended) = said("suspended") {
        user.suspended = suspended.eq_ignore_ascii_case("true");
    }
    Ok(())
}

fn change(zone: &mut Zone, now: Timestamp, call: &Call) -> Outcome {
    let uid = uid(call)?;
    let mut user = zone.users.remove(uid).ok_or(Code::NoSuchUser)?;
    let outcome = set(zone, &mut user, call);
    user.touch(now);
    let body: Value = user.view();
    zone.users.insert(uid.to_owned(), user);
    outcome?;
    Ok(bare(&body))
}

fn remove(zone: &mut Zone, call: &Call) -> Outcome {
    let uid = uid(call)?;
    zone.user(uid)?;
    if call.query("purge-data") == Some("true") {
        zone.buckets.retain(|_, bucket| bucket.owner != uid);
    }
    if zone.buckets_of(uid).next().is_some() {
        // What the real one says of a user who has buckets.
        return Err(Code::BucketAlreadyExists.into());
    }
    zone.users.remove(uid);
    Ok(Answer::empty(200))
}
