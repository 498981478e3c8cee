//! Nova: routes, its error shape, its memory. Flavors, servers and what happens to them have files of their own.

mod action;
mod attachment;
mod create;
mod flavor;
mod history;
mod interface;
mod lifecycle;
mod list;
mod quota;
mod schema;
mod security_group;
mod server;
mod view;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};

use self::flavor::Flavor;
pub(crate) use self::lifecycle::{Step, happen};
pub use self::quota::ComputeQuota;
use self::server::Server;
use crate::call::{Answer, Call, Link, Outcome, Refusal};
use crate::keystone::{self, Caller};
use crate::microversion::{Api, Microversions};
use crate::refuse::refuse;
use crate::world::World;
use crate::{cinder, webob};

const VERSIONS: Microversions =
    Microversions { api: Api::Shared("compute"), major: 2, default: 1, latest: 104 };
/// The only availability zone, and the only host in it.
const ZONE: &str = "nova";
const HOST: &str = "cloudsim-1";
/// Deleted servers whose histories can still be read.
const DELETED_MAX: usize = 1000;

/// Nova's memory.
pub(crate) struct Compute {
    flavors: BTreeMap<String, Arc<Flavor>>,
    pub(crate) servers: HashMap<String, Server>,
    /// The oldest first.
    deleted: VecDeque<String>,
    /// How many were ever made.
    made: u64,
    /// Of the projects that have one of their own.
    pub(crate) quotas: BTreeMap<String, ComputeQuota>,
}

impl Compute {
    pub(crate) fn with_flavors() -> Self {
        Self {
            flavors: Flavor::first(),
            servers: HashMap::new(),
            deleted: VecDeque::new(),
            made: 0,
            quotas: BTreeMap::new(),
        }
    }
}

pub(crate) fn answer(world: &mut World, call: &Call) -> Answer {
    if call.segments().is_empty() {
        return Answer::json(200, &json!({"versions": [version(&world.base)]}));
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

fn version(base: &str) -> Value {
    json!({
        "id": "v2.1", "status": "CURRENT", "version": "2.104", "min_version": "2.1",
        "updated": "2013-07-23T11:33:21Z", "links": [{"rel": "self", "href": format!("{base}/compute/v2.1/")}],
    })
}

/// With or without the project in the path; with it, it is the caller's.
fn route(world: &mut World, call: &Call, caller: &Caller, minor: u16) -> Outcome {
    let segments = call.segments();
    let rest = match segments.as_slice() {
        ["v2.1", project, rest @ ..] if cinder::is_project(project) => {
            if *project != caller.project_id {
                return Err(Refusal::bad_request("Malformed request url"));
            }
            rest
        }
        ["v2.1", rest @ ..] => rest,
        _ => return Ok(webob::no_route(call)),
    };
    match (call.method.as_str(), rest) {
        ("GET", []) => Ok(Answer::json(200, &json!({"version": version(&world.base)}))),
        ("GET", ["servers"]) => list::servers(world, call, caller, minor, false),
        ("GET", ["servers", "detail"]) => list::servers(world, call, caller, minor, true),
        ("GET", ["servers", id]) => server::show(world, caller, minor, id),
        ("POST", ["servers"]) => create::server(world, call, caller, minor),
        ("DELETE", ["servers", id]) => server::delete(world, call, caller, id),
        ("POST", ["servers", id, "action"]) => action::act(world, call, caller, id),
        ("GET", ["servers", id, "tags"]) => server::tags(world, caller, id),
        ("GET", ["servers", id, "os-security-groups"]) => security_group::list(world, caller, id),
        (_, ["servers", id, "os-volume_attachments", rest @ ..]) => {
            attachment::route(world, call, caller, minor, id, rest)
        }
        (_, ["servers", id, "os-interface", rest @ ..]) => {
            interface::route(world, call, caller, minor, id, rest)
        }
        ("GET", ["servers", id, "os-instance-actions", rest @ ..]) => {
            history::route(world, caller, minor, id, rest)
        }
        (_, ["flavors", rest @ ..]) => flavor::route(world, call, caller, minor, rest),
        ("GET", ["os-availability-zone"]) => {
            let zone = json!({"zoneName": ZONE, "zoneState": {"available": true}, "hosts": null});
            Ok(Answer::json(200, &json!({"availabilityZoneInfo": [zone]})))
        }
        (method, ["os-quota-sets", project]) => quota::route(world, call, caller, method, project),
        _ => Ok(webob::no_route(call)),
    }
}

/// 403 unless allowed. `rule` is the policy's name below `os_compute_api:`.
fn require(allowed: bool, rule: &str) -> Result<(), Refusal> {
    if allowed {
        return Ok(());
    }
    Err(Refusal::forbidden(format!("Policy doesn't allow os_compute_api:{rule} to be performed.")))
}

/// The object under `kind` in the body.
fn body_object(call: &Call, kind: &str) -> Result<Value, Refusal> {
    let body = call.json().ok_or_else(|| Refusal::bad_request("Malformed request body"))?;
    let object = body.get(kind).filter(|object| object.is_object());
    object.cloned().ok_or_else(|| Refusal::bad_request(format!("'{kind}' is a required property")))
}

/// What a query parameter's digits say; 400 where it has others.
fn limit(call: &Call) -> Result<usize, Refusal> {
    let Some(text) = call.query("limit") else { return Ok(PAGE_MAX) };
    let limit: Option<usize> = text.parse().ok();
    limit.map(|limit| limit.min(PAGE_MAX)).ok_or_else(|| {
        Refusal::bad_request(format!(
            "Invalid input for query parameters limit. Value: {text}. '{text}' does not match '^[0-9]*$'"
        ))
    })
}

/// The longest page, `[api] max_limit`.
const PAGE_MAX: usize = 1000;

/// Where the page after `marker` begins.
fn after_marker(call: &Call, ids: impl IntoIterator<Item = impl AsRef<str>>) -> Result<usize, Refusal> {
    let Some(marker) = call.query("marker") else { return Ok(0) };
    let at = ids.into_iter().position(|id| id.as_ref() == marker);
    at.map(|at| at + 1).ok_or_else(|| Refusal::bad_request(format!("marker [{marker}] not found")))
}

/// The link to the next page: there wherever a page is full.
fn next_links(world: &World, call: &Call, last: &str) -> Value {
    let query = call.query_text.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("marker="));
    let query: Vec<&str> = query.collect();
    json!([{"rel": "next", "href": format!("{}/compute{}?{}&marker={last}", world.base, call.path, query.join("&"))}])
}

/// `self` and `bookmark` of a server or flavor.
fn links(base: &str, kind: &str, id: &str) -> [Link; 2] {
    [
        Link { rel: "self", href: format!("{base}/compute/v2.1/{kind}/{id}") },
        Link { rel: "bookmark", href: format!("{base}/compute/{kind}/{id}") },
    ]
}
