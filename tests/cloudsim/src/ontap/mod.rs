//! A storage array: the part of NetApp ONTAP's REST API (9.13) that makes NFS volumes. Routes, who may, its memory, and
//! how it refuses. Volumes, export policies, jobs and NFS clients have files of their own.
//!
//! It is written from NetApp's documentation; no array was at hand. Where that names no code for a refusal, this
//! uses the codes that all of ONTAP has in common. It has one SVM, one aggregate and one address, knows no
//! projects, and takes every request from its one administrator. `return_timeout` is understood and not waited for,
//! so whatever takes time is a job.

mod client;
mod interface;
mod job;
mod policy;
mod records;
mod volume;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde_json::{Value, json};

use self::client::Client;
use self::job::Job;
pub(crate) use self::job::{Step, happen};
use self::policy::Policy;
use self::volume::Volume;
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::control::Resource;
use crate::world::{World, uuid};

/// Who may use the array.
pub const ARRAY_USERNAME: &str = "array-admin";
/// Their password.
pub const ARRAY_PASSWORD: &str = "array-secret";
/// The SVM, as ONTAP calls a file server.
pub const ARRAY_SVM: &str = "svm1";
/// The aggregate, as ONTAP calls a pool of disks; it has 100 TiB.
pub const ARRAY_AGGREGATE: &str = "aggr1";

/// The codes that all of ONTAP has in common.
const DUPLICATE: &str = "1";
const INVALID: &str = "2";
const NO_API: &str = "3";
const NO_ENTRY: &str = "4";
const UNEXPECTED: &str = "262179";
const UNAUTHORIZED: &str = "6691623";

/// The array's memory.
pub(crate) struct Array {
    svm: Named,
    aggregate: Named,
    volumes: BTreeMap<String, Volume>,
    policies: BTreeMap<u64, Policy>,
    jobs: BTreeMap<String, Job>,
    clients: Vec<Client>,
}

/// What there is from the start.
struct Named {
    name: &'static str,
    uuid: String,
}

impl Named {
    fn new(name: &'static str) -> Self {
        Self { name, uuid: uuid() }
    }

    fn view(&self) -> Value {
        json!({"name": self.name, "uuid": self.uuid})
    }
}

impl Array {
    pub(crate) fn with_svm() -> Self {
        Self {
            svm: Named::new(ARRAY_SVM),
            aggregate: Named::new(ARRAY_AGGREGATE),
            volumes: BTreeMap::new(),
            policies: Policy::first(),
            jobs: BTreeMap::new(),
            clients: Vec::new(),
        }
    }

    /// What clients have made, for the control handle.
    pub(crate) fn resources(&self) -> Vec<Resource> {
        let resource = |kind: &str, id: &str, name: &str, status: &str| Resource {
            kind: kind.to_owned(),
            id: id.to_owned(),
            name: name.to_owned(),
            project_id: String::new(),
            status: status.to_owned(),
        };
        let volumes = self.volumes.values();
        let volumes = volumes.map(|v| resource("array_volume", &v.uuid, &v.name, v.state()));
        let policies = self.policies.values().filter(|policy| !policy.is_default());
        let policies = policies.map(|p| resource("export_policy", &p.id.to_string(), &p.name, ""));
        volumes.chain(policies).collect()
    }

    /// An address mounts the volume of that name; false where there is none.
    pub(crate) fn mount(&mut self, volume: &str, address: &str) -> bool {
        let Some(volume) = self.volumes.values().find(|known| known.name == volume) else { return false };
        self.clients.push(Client { volume: volume.uuid.clone(), address: address.to_owned() });
        true
    }
}

pub(crate) fn answer(world: &mut World, call: &Call) -> Answer {
    if call.header("authorization") != Some(&credential()) {
        let answer = refuse(&Refusal::new(401, "User is not authorized").kind(UNAUTHORIZED));
        return answer.with("www-authenticate", "Basic realm=\"Secure Area\"");
    }
    route(world, call).unwrap_or_else(|refusal| refuse(&refusal))
}

fn credential() -> String {
    format!("Basic {}", BASE64.encode(format!("{ARRAY_USERNAME}:{ARRAY_PASSWORD}")))
}

fn refuse(refusal: &Refusal) -> Answer {
    hal(refusal.status, &json!({"error": {"message": refusal.message, "code": refusal.kind}}))
}

/// JSON as ONTAP sends it.
fn hal(status: u16, body: &Value) -> Answer {
    Answer::json(status, body).with("content-type", "application/hal+json")
}

fn route(world: &mut World, call: &Call) -> Outcome {
    let segments = call.segments();
    let ["api", rest @ ..] = segments.as_slice() else { return Err(no_api()) };
    match rest {
        ["cluster", "jobs", rest @ ..] => job::route(&world.array, call, rest),
        ["storage", "volumes", rest @ ..] => volume::route(world, call, rest),
        ["protocols", "nfs", "export-policies", rest @ ..] => policy::route(&mut world.array, call, rest),
        ["protocols", "nfs", "connected-clients"] => client::list(&world.array, call),
        ["network", "ip", "interfaces"] => interface::list(&world.array, call),
        _ => Err(no_api()),
    }
}

fn no_api() -> Refusal {
    Refusal::not_found("API not found").kind(NO_API)
}

fn no_entry() -> Refusal {
    Refusal::not_found("entry doesn't exist").kind(NO_ENTRY)
}

fn invalid(why: impl Into<String>) -> Refusal {
    Refusal::bad_request(why).kind(INVALID)
}

/// The body of a change, whose fields are among `known`.
fn body(call: &Call, known: &[&str]) -> Result<Value, Refusal> {
    let body = call.json().filter(Value::is_object).ok_or_else(|| invalid("The body is no JSON object."))?;
    let unexpected = body.as_object().into_iter().flat_map(|body| body.keys());
    match unexpected.into_iter().find(|field| !known.contains(&field.as_str())) {
        Some(field) => {
            Err(Refusal::bad_request(format!("Unexpected argument \"{field}\".")).kind(UNEXPECTED))
        }
        None => Ok(body),
    }
}

/// The text at a pointer into a body, which has to be there.
fn text<'a>(body: &'a Value, pointer: &str) -> Result<&'a str, Refusal> {
    let missing = || invalid(format!("Field \"{}\" is missing.", pointer[1..].replace('/', ".")));
    body.pointer(pointer).and_then(Value::as_str).ok_or_else(missing)
}

impl Array {
    /// The SVM that a body names, which has to be the one.
    fn check_svm(&self, body: &Value) -> Result<(), Refusal> {
        let name = text(body, "/svm/name")?;
        if name == self.svm.name {
            return Ok(());
        }
        Err(Refusal::bad_request(format!("SVM \"{name}\" does not exist.")).kind("2621462"))
    }
}

/// "2026-11-23T18:30:00+00:00"
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
