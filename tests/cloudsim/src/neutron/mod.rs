//! Neutron: routes, its error shape, its memory. Just the networks and subnets that servers need, each in a
//! file of its own, and the addresses that servers hold on them.

mod cidr;
mod network;
mod port;
mod subnet;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde_json::{Value, json};

use self::cidr::Cidr;
use self::network::Network;
pub(crate) use self::port::Address;
use self::port::Port;
use self::subnet::Subnet;
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::{self, Caller};
use crate::world::World;

/// The network that every project may use, as a provider network is.
const PROVIDER: &str = "provider";
const PROVIDER_CIDR: Cidr = Cidr { network: Ipv4Addr::new(10, 32, 0, 0), prefix: 16 };
/// The first host number that servers get; below it are the gateway and what an operator reserves.
const FIRST_HOST: u32 = 10;

/// Neutron's memory.
pub(crate) struct Networks {
    networks: BTreeMap<String, Network>,
    subnets: BTreeMap<String, Subnet>,
    ports: BTreeMap<String, Port>,
}

impl Networks {
    pub(crate) fn with_provider(project_id: &str, now: Timestamp) -> Self {
        let mut networks =
            Self { networks: BTreeMap::new(), subnets: BTreeMap::new(), ports: BTreeMap::new() };
        let network = Network::new(PROVIDER, project_id, true, now);
        networks.add_subnet("provider-v4", &network.id, project_id, PROVIDER_CIDR, now);
        networks.networks.insert(network.id.clone(), network);
        networks
    }
}

pub(crate) fn answer(world: &mut World, call: &Call) -> Answer {
    if call.segments().is_empty() {
        let link = json!([{"rel": "self", "href": format!("{}/network/v2.0/", world.base)}]);
        return Answer::json(200, &json!({"versions": [{"id": "v2.0", "status": "CURRENT", "links": link}]}));
    }
    let token = call.header("x-auth-token").unwrap_or_default();
    let Some(caller) = world.identity.tokens.caller(token, world.now) else {
        return keystone::unauthorized(&world.base);
    };
    route(world, call, &caller).unwrap_or_else(|refusal| {
        let error = json!({"type": refusal.kind, "message": refusal.message, "detail": ""});
        Answer::json(refusal.status, &json!({"NeutronError": error}))
    })
}

fn route(world: &mut World, call: &Call, caller: &Caller) -> Outcome {
    let networks = &mut world.networks;
    match (call.method.as_str(), call.segments().as_slice()) {
        ("GET", ["v2.0", "networks"]) => Ok(network::list(networks, call, caller)),
        ("POST", ["v2.0", "networks"]) => network::create(networks, call, caller, world.now),
        ("GET", ["v2.0", "networks", id]) => {
            let network = networks.network(id, caller)?;
            Ok(Answer::json(200, &json!({"network": network.view(&networks.subnets)})))
        }
        ("DELETE", ["v2.0", "networks", id]) => network::delete(networks, caller, id),
        ("GET", ["v2.0", "subnets"]) => Ok(subnet::list(networks, call, caller)),
        ("POST", ["v2.0", "subnets"]) => subnet::create(networks, call, caller, world.now),
        ("GET", ["v2.0", "subnets", id]) => {
            Ok(Answer::json(200, &json!({"subnet": networks.subnet(id, caller)?.view()})))
        }
        ("DELETE", ["v2.0", "subnets", id]) => subnet::delete(networks, caller, id),
        _ => Err(Refusal::not_found("The resource could not be found.").kind("HTTPNotFound")),
    }
}

/// 403 unless allowed. `rule` is the policy's name.
fn require(allowed: bool, rule: &str) -> Result<(), Refusal> {
    if allowed {
        return Ok(());
    }
    Err(Refusal::forbidden(format!("rule:{rule} is disallowed by policy")).kind("PolicyNotAuthorized"))
}

/// The object under `kind` in the body, with nothing in it but `known`.
fn body_object(call: &Call, kind: &str, known: &[&str]) -> Result<Value, Refusal> {
    let bad = |message: String| Refusal::bad_request(message).kind("HTTPBadRequest");
    let body = call.json().unwrap_or_default();
    let object = body.get(kind).and_then(Value::as_object);
    let object = object.ok_or_else(|| bad(format!("Unable to find '{kind}' in request body")))?;
    if let Some(name) = object.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(bad(format!("Unrecognized attribute(s) '{name}'")));
    }
    Ok(Value::Object(object.clone()))
}
