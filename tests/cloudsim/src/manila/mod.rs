//! Manila: routes, who may, its memory. Shares, their networks, access rules, messages and the quota have files
//! of their own. What a client asks for with a version older than 2.63 it gets as 2.63 has it.

mod access;
mod export;
mod lifecycle;
mod list;
mod message;
mod quota;
mod share;
mod share_network;
mod types;
mod view;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use self::access::Rule;
pub(crate) use self::lifecycle::{Step, happen};
use self::message::Message;
pub use self::quota::ShareQuota;
pub(crate) use self::share::Share;
use self::share_network::ShareNetwork;
use self::types::ShareType;
use crate::call::{Answer, Call, Link, Outcome, Refusal};
use crate::control::Resource;
use crate::keystone::{self, Caller};
use crate::microversion::{Api, Microversions};
use crate::refuse::refuse;
use crate::world::World;
use crate::{cinder, webob};

const VERSIONS: Microversions =
    Microversions { api: Api::Own("X-OpenStack-Manila-API-Version"), major: 2, default: 0, latest: 99 };
/// The only availability zone.
const ZONE: &str = "nova";

/// Manila's memory.
pub(crate) struct Shares {
    shares: BTreeMap<String, Share>,
    networks: BTreeMap<String, ShareNetwork>,
    rules: BTreeMap<String, Rule>,
    messages: Vec<Message>,
    default_type: ShareType,
    /// How many shares and rules were ever made.
    made: u64,
    /// Of the projects that have one of their own.
    pub(crate) quotas: BTreeMap<String, ShareQuota>,
}

impl Shares {
    pub(crate) fn with_type() -> Self {
        Self {
            shares: BTreeMap::new(),
            networks: BTreeMap::new(),
            rules: BTreeMap::new(),
            messages: Vec::new(),
            default_type: ShareType::first(),
            made: 0,
            quotas: BTreeMap::new(),
        }
    }

    /// What clients have made, for the control handle.
    pub(crate) fn resources(&self) -> Vec<Resource> {
        let resource = |kind: &str, id: &str, name: Option<&str>, project_id: &str, status: &str| Resource {
            kind: kind.to_owned(),
            id: id.to_owned(),
            name: name.unwrap_or_default().to_owned(),
            project_id: project_id.to_owned(),
            status: status.to_owned(),
        };
        let shares = self.shares.values();
        let shares = shares.map(|s| resource("share", &s.id, s.name.as_deref(), &s.project_id, s.status));
        let networks = self.networks.values();
        let networks =
            networks.map(|n| resource("share_network", &n.id, n.name.as_deref(), &n.project_id, "active"));
        shares.chain(networks).collect()
    }
}

pub(crate) fn answer(world: &mut World, call: &Call) -> Answer {
    if matches!(call.segments().as_slice(), [] | ["v2"]) {
        return versions(world, call);
    }
    let token = call.header("x-auth-token").unwrap_or_default();
    let Some(caller) = world.identity.tokens.caller(token, world.now) else {
        return keystone::unauthorized(&world.base);
    };
    let minor = match VERSIONS.of(call) {
        Ok(minor) => minor,
        Err(refusal) => return refuse(&refusal),
    };
    let answer = route(world, call, &caller, minor).unwrap_or_else(|refusal| refuse(&refusal));
    VERSIONS.mark(answer, minor).with("x-compute-request-id", &call.request_id)
}

fn versions(world: &World, call: &Call) -> Answer {
    let status = if call.segments().is_empty() { 300 } else { 200 };
    let version = json!({
        "id": "v2.0", "status": "CURRENT", "version": "2.99", "min_version": "2.0",
        "updated": "2015-08-27T11:33:21Z",
        "links": [{"rel": "self", "href": format!("{}/share/v2/", world.base)}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.share+json;version=1"}],
    });
    Answer::json(status, &json!({"versions": [version]}))
}

/// With or without the project in the path; with it, it is the caller's.
fn route(world: &mut World, call: &Call, caller: &Caller, minor: u16) -> Outcome {
    let segments = call.segments();
    let rest = match segments.as_slice() {
        ["v2", project, rest @ ..] if cinder::is_project(project) => {
            if *project != caller.project_id {
                return Err(Refusal::bad_request("Malformed request url"));
            }
            rest
        }
        ["v2", rest @ ..] => rest,
        _ => return Ok(webob::no_route(call)),
    };
    match (call.method.as_str(), rest) {
        ("GET", ["types"]) => types::list(world, caller, minor),
        ("GET", ["types", id]) => types::show(world, caller, minor, id),
        ("GET", ["messages"]) => message::list(world, call, caller),
        ("GET", ["messages", id]) => message::show(world, caller, id),
        (method, ["quota-sets", project]) => quota::route(world, call, caller, method, project),
        (_, ["share-networks", rest @ ..]) => share_network::route(world, call, caller, minor, rest),
        ("GET", ["share-access-rules", rest @ ..]) => access::route(world, call, caller, rest),
        (_, ["shares", rest @ ..]) => of_shares(world, call, caller, minor, rest),
        _ => Ok(webob::no_route(call)),
    }
}

fn of_shares(world: &mut World, call: &Call, caller: &Caller, minor: u16, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => list::shares(world, call, caller, minor, false),
        ("GET", ["detail"]) => list::shares(world, call, caller, minor, true),
        ("POST", []) => share::create(world, call, caller, minor),
        ("GET", [id]) => share::show(world, caller, minor, id),
        ("DELETE", [id]) => share::delete(world, caller, id),
        ("GET", [id, "metadata"]) => {
            Ok(Answer::json(200, &json!({"metadata": share::find(world, caller, id)?.metadata})))
        }
        ("GET", [id, "export_locations"]) => export::list(world, caller, minor, id),
        ("POST", [id, "action"]) => access::action(world, call, caller, minor, id),
        _ => Ok(webob::no_route(call)),
    }
}

/// Manila's policy has one sentence for all but share networks.
fn require(allowed: bool) -> Result<(), Refusal> {
    if allowed { Ok(()) } else { Err(Refusal::forbidden("Access was denied to this resource.")) }
}

/// Something that is not there, or is another project's.
fn missing() -> Refusal {
    Refusal::not_found("The resource could not be found.")
}

/// What Manila did not think of.
fn broken() -> Refusal {
    let message = "The server has either erred or is incapable of performing the requested operation.";
    Refusal::new(500, message)
}

/// The object under `kind` in the body.
fn body_object(call: &Call, kind: &str) -> Result<Value, Refusal> {
    let body = call.json().unwrap_or_default();
    let object = body.get(kind).filter(|object| object.is_object());
    object.cloned().ok_or_else(|| Refusal::new(422, "Unable to process the contained instructions"))
}

/// A text of a body's object.
fn text(object: &Value, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// "2026-11-23T16:50:58.807795": Manila keeps microseconds.
fn micros(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string()
}

/// Of a share or a message.
fn links(base: &str, many: &str, id: &str) -> [Link; 2] {
    [
        Link { rel: "self", href: format!("{base}/share/v2/{many}/{id}") },
        Link { rel: "bookmark", href: format!("{base}/share/{many}/{id}") },
    ]
}
