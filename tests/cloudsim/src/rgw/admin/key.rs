//! `/admin/user?key`: a user's keys.

use jiff::Timestamp;

use super::super::refusal::{Code, Outcome};
use super::super::user::{access_key, secret_key};
use super::super::zone::Zone;
use super::{bare, user};
use crate::call::{Answer, Call};

pub(super) fn route(zone: &mut Zone, now: Timestamp, call: &Call) -> Outcome {
    match call.method.as_str() {
        "PUT" => create(zone, now, call),
        "DELETE" => remove(zone, now, call),
        _ => Err(Code::MethodNotAllowed.into()),
    }
}

/// Answers with all of the user's keys. One that the user has already gets another secret half.
fn create(zone: &mut Zone, now: Timestamp, call: &Call) -> Outcome {
    let uid = user::uid(call)?;
    zone.user(uid)?;
    let access = call.query("access-key").map_or_else(access_key, str::to_owned);
    if zone.user_of_key(&access).is_some_and(|owner| owner.uid != uid) {
        return Err(Code::KeyExists.into());
    }
    let secret = call.query("secret-key").map_or_else(secret_key, str::to_owned);
    let user = zone.user_mut(uid)?;
    user.keys.insert(access, secret);
    user.touch(now);
    Ok(bare(&user.keys_view()))
}

/// The user may be left out; then an unknown key is nobody's to remove.
fn remove(zone: &mut Zone, now: Timestamp, call: &Call) -> Outcome {
    let access = call.query("access-key").unwrap_or_default();
    let unknown = if call.query("uid").is_some() { Code::InvalidAccessKeyId } else { Code::AccessDenied };
    let owner = zone.user_of_key(access).map(|user| user.uid.clone()).ok_or(unknown)?;
    if call.query("uid").is_some_and(|uid| uid != owner) {
        return Err(unknown.into());
    }
    let user = zone.user_mut(&owner)?;
    user.keys.remove(access);
    user.touch(now);
    Ok(Answer::empty(200))
}
