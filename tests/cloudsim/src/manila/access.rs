//! Access rules: who may mount a share.

use std::cmp::Reverse;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Shares, Step, broken, micros, missing, require, share, text};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::webob;
use crate::world::{Event, World, uuid};

/// From here on rules are listed under a path of their own, and not by an action.
const OWN_LIST: u16 = 45;
const KINDS: [&str; 4] = ["ip", "user", "cert", "cephx"];

pub(super) struct Rule {
    id: String,
    /// The order of creation.
    number: u64,
    pub(super) share_id: String,
    kind: String,
    to: String,
    level: String,
    /// Manila's own word.
    pub(super) state: &'static str,
    created: Timestamp,
    pub(super) updated: Option<Timestamp>,
}

impl Rule {
    /// The share is not named where it is in the question.
    fn listed(&self) -> Value {
        json!({
            "id": self.id, "access_level": self.level, "access_to": self.to, "access_type": self.kind,
            "state": self.state, "access_key": null, "created_at": micros(self.created),
            "updated_at": self.updated.map(micros), "metadata": {},
        })
    }

    fn view(&self) -> Value {
        let mut view = self.listed();
        view["share_id"] = json!(self.share_id);
        json!({"access": view})
    }
}

/// Of all rules of a share.
pub(super) fn status(shares: &Shares, share_id: &str) -> &'static str {
    let mut own = shares.rules.values().filter(|rule| rule.share_id == share_id);
    if own.all(|rule| rule.state == "active") { "active" } else { "syncing" }
}

/// What is below `share-access-rules`; it is only read.
pub(super) fn route(world: &World, call: &Call, caller: &Caller, rest: &[&str]) -> Outcome {
    require(caller.reader)?;
    match rest {
        [] => list(world, call, caller),
        [id] => show(world, caller, id),
        _ => Ok(webob::no_route(call)),
    }
}

/// A share that is not the caller's is wrong input here, not a missing resource.
fn list(world: &World, call: &Call, caller: &Caller) -> Outcome {
    let share_id = call.query("share_id");
    let share_id =
        share_id.ok_or_else(|| Refusal::bad_request("The field 'share_id' has to be specified."))?;
    let not_found = |_| Refusal::bad_request(format!("Share {share_id} not found."));
    share::find(world, caller, share_id).map_err(not_found)?;
    let wanted = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
    let rules = of_share(&world.shares, share_id).into_iter().filter(|rule| {
        wanted("access_type", &rule.kind)
            && wanted("access_to", &rule.to)
            && wanted("access_level", &rule.level)
    });
    Ok(Answer::json(200, &json!({"access_list": rules.map(Rule::listed).collect::<Vec<_>>()})))
}

/// Newest first.
fn of_share<'a>(shares: &'a Shares, share_id: &str) -> Vec<&'a Rule> {
    let mut rules: Vec<&Rule> = shares.rules.values().filter(|rule| rule.share_id == share_id).collect();
    rules.sort_by_key(|rule| Reverse(rule.number));
    rules
}

fn show(world: &World, caller: &Caller, id: &str) -> Outcome {
    let seen = |rule: &&Rule| share::find(world, caller, &rule.share_id).is_ok();
    let rule = world.shares.rules.get(id).filter(seen);
    let rule = rule.ok_or_else(|| Refusal::not_found(format!("Share access rule {id} not found.")))?;
    Ok(Answer::json(200, &rule.view()))
}

/// The actions of a share that are about access.
pub(super) fn action(world: &mut World, call: &Call, caller: &Caller, minor: u16, id: &str) -> Outcome {
    let body = call.json().unwrap_or_default();
    let name = body.as_object().and_then(|body| body.keys().next()).cloned().unwrap_or_default();
    match name.as_str() {
        "allow_access" => allow(world, caller, id, &body[&name]),
        "deny_access" => deny(world, caller, id, &body[&name]),
        "access_list" if minor < OWN_LIST => {
            share::find(world, caller, id)?;
            let rules = of_share(&world.shares, id).into_iter().map(Rule::listed);
            Ok(Answer::json(200, &json!({"access_list": rules.collect::<Vec<_>>()})))
        }
        "access_list" => Err(missing()),
        _ => Err(Refusal::bad_request(format!("There is no such action: {name}"))),
    }
}

fn allow(world: &mut World, caller: &Caller, share_id: &str, asked: &Value) -> Outcome {
    require(caller.member)?;
    let status = share::find(world, caller, share_id)
        .map_err(|_| Refusal::not_found("NotFound: Resource could not be found."))?
        .status;
    let kind = text(asked, "access_type").ok_or_else(broken)?;
    let to = text(asked, "access_to").ok_or_else(broken)?;
    let level = text(asked, "access_level").unwrap_or_else(|| "rw".to_owned());
    check(&world.shares, share_id, &kind, &to, &level)?;
    if status != "available" {
        return Err(Refusal::bad_request(
            "New access rules cannot be applied while the share or any of its replicas or migration copies lacks a \
             valid host or is in an invalid state.",
        ));
    }
    world.shares.made += 1;
    let (number, created, share_id) = (world.shares.made, world.now, share_id.to_owned());
    let state = "queued_to_apply";
    let rule = Rule { id: uuid(), number, share_id, kind, to, level, state, created, updated: None };
    let (id, answer) = (rule.id.clone(), Answer::json(200, &rule.view()));
    world.shares.rules.insert(id.clone(), rule);
    world.later(world.timing.share_access_ms, Event::Share { id, step: Step::Allowed });
    Ok(answer)
}

fn check(shares: &Shares, share_id: &str, kind: &str, to: &str, level: &str) -> Result<(), Refusal> {
    if !KINDS.contains(&kind) {
        let message = "Only 'ip', 'user', 'cert' or 'cephx' access types are supported.";
        return Err(Refusal::bad_request(message));
    }
    if kind == "ip" && !is_network(to) {
        let message = format!("'{to}' does not appear to be an IPv4 or IPv6 network");
        return Err(Refusal::bad_request(message));
    }
    if !["rw", "ro"].contains(&level) {
        let message = format!("Invalid access rule: Invalid share access level: {level}.");
        return Err(Refusal::bad_request(message));
    }
    if of_share(shares, share_id).iter().any(|rule| rule.kind == kind && rule.to == to) {
        return Err(Refusal::bad_request(format!("Share access {kind}:{to} exists.")));
    }
    Ok(())
}

/// An address, or one with the length of a prefix.
fn is_network(text: &str) -> bool {
    text.parse::<IpNet>().is_ok() || text.parse::<IpAddr>().is_ok()
}

fn deny(world: &mut World, caller: &Caller, share_id: &str, asked: &Value) -> Outcome {
    let not_found = || Refusal::not_found("Resource could not be found.");
    require(caller.member)?;
    share::find(world, caller, share_id).map_err(|_| not_found())?;
    let now = world.now;
    let rule = text(asked, "access_id").and_then(|id| world.shares.rules.get_mut(&id));
    let rule = rule.filter(|rule| rule.share_id == share_id).ok_or_else(not_found)?;
    rule.state = "queued_to_deny";
    rule.updated = Some(now);
    let id = rule.id.clone();
    world.later(world.timing.share_access_ms, Event::Share { id, step: Step::Denied });
    Ok(Answer::text(202, "text/html; charset=UTF-8", ""))
}
