//! A share and what a client can do to it. What then happens by itself is in `lifecycle`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::export::Export;
use super::types::{self, ShareType};
use super::{Shares, Step, ZONE, body_object, broken, missing, require, share_network, text, view};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::{Event, World, uuid};

/// Characters of a name or a description.
const NAME_MAX: usize = 255;
/// Characters of a key and of a value of the metadata.
const KEY_MAX: usize = 255;
const VALUE_MAX: usize = 1023;
const PROTOCOLS: [&str; 2] = ["NFS", "CIFS"];
/// The states in which it can be deleted.
const DELETABLE: [&str; 2] = ["available", "error"];

pub(crate) struct Share {
    pub(super) id: String,
    /// The order of creation.
    pub(super) number: u64,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) project_id: String,
    pub(super) user_id: String,
    /// GiB
    pub(super) size: i64,
    pub(super) protocol: String,
    /// Manila's own word.
    pub(super) status: &'static str,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) network_id: String,
    pub(super) share_type: ShareType,
    /// Absent until a backend has it.
    pub(super) zone: Option<&'static str>,
    pub(super) exports: Vec<Export>,
    /// Of the call that made it.
    pub(super) request_id: String,
    pub(super) created: Timestamp,
}

pub(super) fn find<'a>(world: &'a World, caller: &Caller, id: &str) -> Result<&'a Share, Refusal> {
    let seen = |share: &&Share| caller.admin || caller.reader && share.project_id == caller.project_id;
    world.shares.shares.get(id).filter(seen).ok_or_else(missing)
}

pub(super) fn show(world: &World, caller: &Caller, minor: u16, id: &str) -> Outcome {
    let share = find(world, caller, id)?;
    Ok(Answer::json(200, &json!({"share": view::shown(world, share, minor)})))
}

pub(super) fn create(world: &mut World, call: &Call, caller: &Caller, minor: u16) -> Outcome {
    let share = asked(world, call, caller)?;
    world.shares.made += 1;
    let share = Share { number: world.shares.made, ..share };
    let answer = Answer::json(200, &json!({"share": view::shown(world, &share, minor)}));
    let id = share.id.clone();
    world.shares.shares.insert(id.clone(), share);
    world.later(world.timing.share_create_ms, Event::Share { id, step: Step::Created });
    Ok(answer)
}

/// The share that a body asks for, without its number.
fn asked(world: &World, call: &Call, caller: &Caller) -> Result<Share, Refusal> {
    require(caller.member)?;
    let body = body_object(call, "share")?;
    let said = |name: &str| text(&body, name).or_else(|| text(&body, &format!("display_{name}")));
    for name in ["name", "description"] {
        check_length(name, said(name).as_deref())?;
    }
    // Without either of them Manila fails.
    let size = body.get("size").ok_or_else(broken)?;
    let protocol = text(&body, "share_proto").ok_or_else(broken)?.to_uppercase();
    check_zone(text(&body, "availability_zone").as_deref())?;
    let network_id = network(world, caller, text(&body, "share_network_id"))?;
    let share_type = share_type(&world.shares, text(&body, "share_type").as_deref())?;
    let network_id = network_id.ok_or_else(|| {
        Refusal::bad_request("Share network must be set when the driver_handles_share_servers is true.")
    })?;
    let metadata = metadata(&body)?;
    let size = whole(size)?;
    check_protocol(&protocol)?;
    world.shares.check_share(&caller.project_id, size)?;
    Ok(Share {
        id: uuid(),
        number: 0,
        name: said("name"),
        description: said("description"),
        project_id: caller.project_id.clone(),
        user_id: caller.user_id.clone(),
        size,
        protocol,
        status: "creating",
        metadata,
        network_id,
        share_type,
        zone: None,
        exports: Vec::new(),
        request_id: call.request_id.clone(),
        created: world.now,
    })
}

fn network(world: &World, caller: &Caller, id: Option<String>) -> Result<Option<String>, Refusal> {
    let Some(id) = id.filter(|id| !id.is_empty()) else { return Ok(None) };
    share_network::find(world, caller, &id)?;
    Ok(Some(id))
}

fn share_type(shares: &Shares, wanted: Option<&str>) -> Result<ShareType, Refusal> {
    let known = &shares.default_type;
    let known = Some(known).filter(|known| wanted.is_none_or(|wanted| known.is(wanted)));
    known.cloned().ok_or_else(types::missing)
}

fn invalid(why: &str) -> Refusal {
    Refusal::bad_request(format!("Invalid input received: {why}"))
}

fn check_length(name: &str, value: Option<&str>) -> Result<(), Refusal> {
    if value.map_or(0, |value| value.chars().count()) <= NAME_MAX {
        return Ok(());
    }
    Err(invalid(&format!("{name} can only be {NAME_MAX} characters long.")))
}

fn check_zone(wanted: Option<&str>) -> Result<(), Refusal> {
    match wanted.filter(|wanted| !wanted.is_empty() && *wanted != ZONE) {
        None => Ok(()),
        Some(zone) => Err(Refusal::not_found(format!("Availability zone {zone} could not be found."))),
    }
}

fn check_protocol(protocol: &str) -> Result<(), Refusal> {
    if PROTOCOLS.contains(&protocol) {
        return Ok(());
    }
    let message = format!(
        "Invalid share protocol provided: {protocol}. It is either disabled or unsupported. Available protocols: \
         ['NFS', 'CIFS']."
    );
    Err(invalid(&message))
}

/// GiB: a number or digits, at least 1.
fn whole(size: &Value) -> Result<i64, Refusal> {
    let written = size.as_str().map_or_else(|| size.to_string(), str::to_owned);
    let number = written.parse().ok().filter(|size: &i64| *size > 0);
    number.ok_or_else(|| invalid(&format!("Share size '{written}' must be an integer and greater than 0.")))
}

fn metadata(body: &Value) -> Result<BTreeMap<String, String>, Refusal> {
    let Some(said) = body.get("metadata").filter(|said| !said.is_null()) else { return Ok(BTreeMap::new()) };
    let pairs: BTreeMap<String, String> = serde_json::from_value(said.clone()).map_err(|_| broken())?;
    for (key, value) in &pairs {
        for (what, text, most) in [("", key, KEY_MAX), (" value", value, VALUE_MAX)] {
            let why = match text.chars().count() {
                0 => "is blank".to_owned(),
                length if length > most => format!("is greater than {most} characters"),
                _ => continue,
            };
            return Err(Refusal::bad_request(format!("Metadata property{what} {why}.")));
        }
    }
    Ok(pairs)
}

pub(super) fn delete(world: &mut World, caller: &Caller, id: &str) -> Outcome {
    find(world, caller, id)?;
    require(caller.member)?;
    let share = world.shares.shares.get_mut(id).ok_or_else(missing)?;
    if !DELETABLE.contains(&share.status) {
        let message = "Invalid share: Share status must be one of ('available', 'error', 'inactive').";
        return Err(Refusal::forbidden(message));
    }
    share.status = "deleting";
    world.later(world.timing.share_delete_ms, Event::Share { id: id.to_owned(), step: Step::Deleted });
    Ok(Answer::text(202, "text/html; charset=UTF-8", ""))
}
