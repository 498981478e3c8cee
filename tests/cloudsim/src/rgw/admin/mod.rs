//! The Admin Ops API, for the administrator only: parameters in the query, JSON in the answers, which mostly do not
//! say that they are.

mod bucket;
mod key;
mod metadata;
mod quota;
mod user;

use axum::http::header;
use jiff::Timestamp;
use serde_json::Value;

use super::refusal::{Code, Outcome};
use super::signature;
use super::zone::Zone;
use crate::call::{Answer, Call};

/// Entries of a list, where the query names no bound.
const PAGE: usize = 1000;

pub(super) fn answer(zone: &mut Zone, now: Timestamp, call: &Call, path: &[&str]) -> Outcome {
    let caller = signature::caller(zone, now, call)?;
    let method = call.method.as_str();
    if !is_known(method, path) {
        return Err(Code::MethodNotAllowed.into());
    }
    if !caller.is_some_and(|uid| zone.user(&uid).is_ok_and(|user| user.is_admin)) {
        return Err(Code::AccessDenied.into());
    }
    let has = |name| call.query(name).is_some();
    match path {
        ["user"] if has("caps") || has("subuser") => Err(Code::NotImplemented.into()),
        ["user"] if has("key") => key::route(zone, now, call),
        ["user"] if has("quota") => quota::of_user(zone, now, call),
        ["user"] => user::route(zone, now, call),
        ["bucket"] if has("quota") => quota::of_bucket(zone, call),
        ["bucket"] => bucket::route(zone, call),
        path => metadata::route(zone, call, path),
    }
}

fn is_known(method: &str, path: &[&str]) -> bool {
    match path {
        ["user" | "bucket"] => matches!(method, "GET" | "PUT" | "POST" | "DELETE"),
        ["metadata", ..] => method == "GET",
        _ => false,
    }
}

/// JSON that does not say so.
fn bare(body: &Value) -> Answer {
    let mut answer = Answer::json(200, body);
    answer.headers.remove(header::CONTENT_TYPE);
    answer
}

/// The names from the one the marker tells on, and the marker of the page behind them.
fn page<'a>(call: &Call, names: impl Iterator<Item = &'a String>) -> (Vec<&'a String>, Option<String>) {
    let size = call.query("max-entries").and_then(|text| text.parse().ok()).unwrap_or(PAGE);
    let from = call.query("marker").and_then(|marker| marker.strip_prefix(MARKER)).unwrap_or_default();
    let mut names: Vec<_> = names.filter(|name| name.as_str() >= from).collect();
    let next = names.get(size).map(|name| format!("{MARKER}{name}"));
    names.truncate(size);
    (names, next)
}

/// What a page's marker begins with. To clients a marker has no meaning.
const MARKER: &str = "4:users.uid::";
