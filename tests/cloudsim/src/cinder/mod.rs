//! Cinder: routes, its error shape, its memory. Volumes, their lives and the quota have files of their own.

mod extend;
mod lifecycle;
mod list;
mod message;
mod quota;
mod types;
mod view;
mod volume;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

pub(crate) use self::lifecycle::{Step, happen};
use self::message::Message;
pub use self::quota::VolumeQuota;
use self::types::VolumeType;
pub(crate) use self::volume::{Attachment, Spec, Volume};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::{self, Caller};
use crate::microversion::{Api, Microversions};
use crate::refuse::refuse;
use crate::webob;
use crate::world::World;

const VERSIONS: Microversions =
    Microversions { api: Api::Shared("volume"), major: 3, default: 0, latest: 71 };
/// The microversions that added these.
const MESSAGES: u16 = 3;
const ATTACHMENTS: u16 = 27;
/// The only availability zone.
pub(crate) const ZONE: &str = "nova";

/// Cinder's memory.
pub(crate) struct Volumes {
    pub(crate) volumes: HashMap<String, Volume>,
    types: Vec<VolumeType>,
    messages: Vec<Message>,
    /// How many were ever made.
    made: u64,
    /// Of the projects that have one of their own.
    pub(crate) quotas: BTreeMap<String, VolumeQuota>,
    /// The backend that serves volumes.
    service_id: String,
}

impl Volumes {
    pub(crate) fn with_types() -> Self {
        let types = VolumeType::first();
        let service_id = crate::world::uuid();
        Self {
            volumes: HashMap::new(),
            types,
            messages: Vec::new(),
            made: 0,
            quotas: BTreeMap::new(),
            service_id,
        }
    }
}

pub(crate) fn answer(world: &mut World, call: &Call) -> Answer {
    if matches!(call.segments().as_slice(), [] | ["v3"]) {
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
        "id": "v3.0", "status": "CURRENT", "version": "3.71", "min_version": "3.0",
        "updated": "2023-08-31T00:00:00Z",
        "links": [{"rel": "self", "href": format!("{}/volume/v3/", world.base)}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.volume+json;version=3"}],
    });
    Answer::json(status, &json!({"versions": [version]}))
}

/// With or without the project in the path; with it, it is the caller's.
fn route(world: &mut World, call: &Call, caller: &Caller, minor: u16) -> Outcome {
    let segments = call.segments();
    let rest = match segments.as_slice() {
        ["v3", project, rest @ ..] if is_project(project) => {
            if *project != caller.project_id {
                return Err(Refusal::bad_request("Malformed request url"));
            }
            rest
        }
        ["v3", rest @ ..] => rest,
        _ => return Ok(webob::no_route(call)),
    };
    match (call.method.as_str(), rest) {
        ("GET", ["volumes"]) => list::volumes(world, call, caller, minor, false),
        ("GET", ["volumes", "detail"]) => list::volumes(world, call, caller, minor, true),
        // Before 3.12, with which it came.
        ("GET", ["volumes", "summary"]) => Err(Refusal::not_found("The resource could not be found.")),
        ("POST", ["volumes"]) => volume::create(world, call, caller, minor),
        ("GET", ["volumes", id]) => volume::show(world, caller, minor, id),
        ("PUT", ["volumes", id]) => volume::update(world, call, caller, minor, id),
        ("DELETE", ["volumes", id]) => volume::delete(world, caller, id),
        ("GET", ["volumes", id, "metadata"]) => {
            Ok(Answer::json(200, &json!({"metadata": volume::find(world, caller, id)?.metadata})))
        }
        ("POST", ["volumes", id, "action"]) => extend::action(world, call, caller, minor, id),
        ("GET", ["messages"]) if minor >= MESSAGES => Ok(message::list(world, call, caller)),
        ("DELETE", ["attachments", id]) if minor >= ATTACHMENTS => volume::forget(world, caller, id),
        ("GET", ["types"]) => Ok(types::list(world, caller)),
        ("POST", ["types"]) => types::create(world, call, caller),
        ("DELETE", ["types", id]) => types::delete(world, caller, id),
        ("GET", ["os-availability-zone"]) => {
            let zone = json!({"zoneName": ZONE, "zoneState": {"available": true}});
            Ok(Answer::json(200, &json!({"availabilityZoneInfo": [zone]})))
        }
        (method, ["os-quota-sets", project]) => quota::route(world, call, caller, method, project),
        _ => Ok(webob::no_route(call)),
    }
}

/// Whether it stands where some deployments write the project.
pub(crate) fn is_project(segment: &str) -> bool {
    segment.len() >= 32 && segment.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn require(allowed: bool, rule: &str) -> Result<(), Refusal> {
    if allowed {
        return Ok(());
    }
    Err(Refusal::forbidden(format!("Policy doesn't allow {rule} to be performed.")))
}

/// The object under `kind` in the body.
fn body_object(call: &Call, kind: &str) -> Result<Value, Refusal> {
    let body = call.json().ok_or_else(|| Refusal::bad_request("Malformed request body"))?;
    let object = body.get(kind).filter(|object| object.is_object());
    object.cloned().ok_or_else(|| Refusal::bad_request(format!("'{kind}' is a required property")))
}
