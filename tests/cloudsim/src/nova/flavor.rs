//! Flavors.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use super::{after_marker, body_object, limit, links, next_links, require};
use crate::call::{Answer, Call, Link, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::{World, uuid};

/// What a new cloud has: name, virtual CPUs, MiB, GiB.
const FIRST: [(&str, u32, u32, u32); 6] = [
    ("m1.tiny", 1, 512, 1),
    ("m1.small", 1, 2048, 20),
    ("m1.medium", 2, 4096, 40),
    ("m1.large", 4, 8192, 80),
    ("c5.xlarge", 8, 16_384, 40),
    ("r5.xlarge", 4, 32_768, 40),
];
/// The microversions that added fields, and the one that made `swap` a number.
const DESCRIPTION: u16 = 55;
const EXTRA_SPECS: u16 = 61;
const SWAP_NUMBER: u16 = 75;

pub(super) struct Flavor {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) vcpus: u32,
    /// MiB
    pub(super) ram: u32,
    /// GiB
    pub(super) disk: u32,
    number: usize,
}

#[derive(Serialize)]
struct View<'a> {
    id: &'a str,
    name: &'a str,
    ram: u32,
    disk: u32,
    swap: Value,
    #[serde(rename = "OS-FLV-EXT-DATA:ephemeral")]
    ephemeral: u32,
    #[serde(rename = "OS-FLV-DISABLED:disabled")]
    disabled: bool,
    vcpus: u32,
    #[serde(rename = "os-flavor-access:is_public")]
    is_public: bool,
    rxtx_factor: f32,
    links: [Link; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_specs: Option<BTreeMap<String, String>>,
}

impl Flavor {
    pub(super) fn first() -> BTreeMap<String, Arc<Self>> {
        let flavors = FIRST.into_iter().enumerate().map(|(number, (name, vcpus, ram, disk))| {
            let id = uuid();
            (id.clone(), Arc::new(Self { id, name: name.to_owned(), vcpus, ram, disk, number }))
        });
        flavors.collect()
    }

    fn view<'a>(&'a self, base: &str, caller: &Caller, minor: u16) -> View<'a> {
        View {
            id: &self.id,
            name: &self.name,
            ram: self.ram,
            disk: self.disk,
            swap: if minor >= SWAP_NUMBER { json!(0) } else { json!("") },
            ephemeral: 0,
            disabled: false,
            vcpus: self.vcpus,
            is_public: true,
            rxtx_factor: 1.0,
            links: links(base, "flavors", &self.id),
            description: (minor >= DESCRIPTION).then_some(()),
            extra_specs: (minor >= EXTRA_SPECS && caller.reader).then(BTreeMap::new),
        }
    }

    fn short(&self, base: &str, minor: u16) -> Value {
        let mut view = json!({"id": self.id, "name": self.name, "links": links(base, "flavors", &self.id)});
        if minor >= DESCRIPTION {
            view["description"] = json!(null);
        }
        view
    }
}

pub(super) fn find(world: &World, id: &str) -> Option<Arc<Flavor>> {
    world.compute.flavors.get(id).map(Arc::clone)
}

fn missing(id: &str) -> Refusal {
    Refusal::not_found(format!("Flavor {id} could not be found."))
}

pub(super) fn route(world: &mut World, call: &Call, caller: &Caller, minor: u16, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => list(world, call, caller, minor, false),
        ("GET", ["detail"]) => list(world, call, caller, minor, true),
        ("GET", [id]) => {
            let flavor = find(world, id).ok_or_else(|| missing(id))?;
            Ok(Answer::json(200, &json!({"flavor": flavor.view(&world.base, caller, minor)})))
        }
        ("POST", []) => create(world, call, caller, minor),
        ("DELETE", [id]) => {
            require(caller.admin, "os-flavor-manage:delete")?;
            world.compute.flavors.remove(*id).ok_or_else(|| missing(id))?;
            Ok(Answer::empty(202))
        }
        _ => Ok(crate::webob::no_route(call)),
    }
}

/// `{"flavors": […]}`, written without a tree of values: the list is asked for often.
#[derive(Serialize)]
struct Page<T> {
    flavors: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flavors_links: Option<Value>,
}

/// In the order in which they were made.
fn list(world: &World, call: &Call, caller: &Caller, minor: u16, detail: bool) -> Outcome {
    let limit = limit(call)?;
    let mut all: Vec<&Arc<Flavor>> = world.compute.flavors.values().collect();
    all.sort_by_key(|flavor| flavor.number);
    let start = after_marker(call, all.iter().map(|flavor| &flavor.id))?;
    let page: Vec<&Arc<Flavor>> = all[start..].iter().copied().take(limit).collect();
    let full = call.query("limit").is_some() && page.len() == limit;
    let flavors_links = page.last().filter(|_| full).map(|last| next_links(world, call, &last.id));
    if detail {
        let flavors = page.iter().map(|flavor| flavor.view(&world.base, caller, minor)).collect();
        return Ok(Answer::json(200, &Page { flavors, flavors_links }));
    }
    let flavors = page.iter().map(|flavor| flavor.short(&world.base, minor)).collect();
    Ok(Answer::json(200, &Page { flavors, flavors_links }))
}

fn create(world: &mut World, call: &Call, caller: &Caller, minor: u16) -> Outcome {
    let body = body_object(call, "flavor")?;
    require(caller.admin, "os-flavor-manage:create")?;
    let number = |name: &str| {
        let value = body.get(name).and_then(Value::as_u64).and_then(|value| u32::try_from(value).ok());
        value.ok_or_else(|| Refusal::bad_request(format!("'{name}' is a required property")))
    };
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if world.compute.flavors.values().any(|flavor| flavor.name == name) {
        return Err(Refusal::conflict(format!("Flavor with name {name} already exists.")));
    }
    let id = body.get("id").and_then(Value::as_str).map_or_else(uuid, str::to_owned);
    let (vcpus, ram, disk) = (number("vcpus")?, number("ram")?, number("disk")?);
    let last = world.compute.flavors.values().map(|flavor| flavor.number).max().unwrap_or(0);
    let flavor = Flavor { id, name, vcpus, ram, disk, number: last + 1 };
    let answer = Answer::json(200, &json!({"flavor": flavor.view(&world.base, caller, minor)}));
    world.compute.flavors.insert(flavor.id.clone(), Arc::new(flavor));
    Ok(answer)
}
