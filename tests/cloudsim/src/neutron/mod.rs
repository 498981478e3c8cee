//! Neutron: routes, its error shape, its memory. Each kind of resource has a file of its own; what all of them
//! have in common is in `standard`, `attributes`, `list` and `tag`.

mod address;
mod attributes;
mod floating_ip;
mod inventory;
mod list;
mod network;
mod port;
mod quota;
mod router;
mod security_group;
mod share_server;
mod standard;
mod subnet;
mod tag;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde_json::json;

pub(crate) use self::address::{Address, Device};
use self::floating_ip::FloatingIp;
use self::network::Network;
use self::port::Port;
pub use self::quota::NetworkQuota;
use self::router::Router;
use self::security_group::{Group, Rule};
pub(crate) use self::security_group::{Unchanged, Unfound};
use self::standard::Standard;
use self::subnet::Subnet;
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::{self, Caller};
use crate::world::World;

/// The network that every project may use, as a provider network is.
const PROVIDER: &str = "provider";
const PROVIDER_CIDR: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(10, 32, 0, 0), 16);
/// The network that routers have their gateways on.
const PUBLIC: &str = "public";
const PUBLIC_CIDR: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(10, 31, 0, 0), 16);
/// The first host number that servers get; below it are the gateway and what an operator reserves.
const FIRST_HOST: u32 = 10;

/// Neutron's memory.
#[derive(Default)]
pub(crate) struct Networks {
    networks: BTreeMap<String, Network>,
    subnets: BTreeMap<String, Subnet>,
    ports: BTreeMap<String, Port>,
    groups: BTreeMap<String, Group>,
    rules: BTreeMap<String, Rule>,
    routers: BTreeMap<String, Router>,
    floating_ips: BTreeMap<String, FloatingIp>,
    /// Of the projects that have one of their own.
    quotas: BTreeMap<String, NetworkQuota>,
}

/// Who asks for what, and when.
struct Request<'a> {
    call: &'a Call,
    caller: &'a Caller,
    now: Timestamp,
}

impl Networks {
    /// The networks that an operator makes.
    pub(crate) fn with_first(project_id: &str, now: Timestamp) -> Self {
        let mut networks = Self::default();
        for (name, cidr) in [(PROVIDER, PROVIDER_CIDR), (PUBLIC, PUBLIC_CIDR)] {
            let mut network = Network::new(Standard::new(name, project_id, now));
            (network.shared, network.external) = (name == PROVIDER, name == PUBLIC);
            let id = network.standard.id.clone();
            let subnet = Subnet::new(Standard::new(name, project_id, now), &id, cidr, network.external);
            networks.networks.insert(id, network);
            networks.subnets.insert(subnet.standard.id.clone(), subnet);
        }
        networks
    }

    /// What all kinds have; `many` is the kind as paths name it.
    fn standard(&mut self, many: &str, id: &str) -> Option<&mut Standard> {
        match many {
            "networks" => self.networks.get_mut(id).map(|network| &mut network.standard),
            "subnets" => self.subnets.get_mut(id).map(|subnet| &mut subnet.standard),
            "ports" => self.ports.get_mut(id).map(|port| &mut port.standard),
            "routers" => self.routers.get_mut(id).map(|router| &mut router.standard),
            "security-groups" => self.groups.get_mut(id).map(|group| &mut group.standard),
            _ => None,
        }
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
    let request = Request { call, caller: &caller, now: world.now };
    route(&mut world.networks, &request).unwrap_or_else(|refusal| {
        let error = json!({"type": refusal.kind, "message": refusal.message, "detail": ""});
        Answer::json(refusal.status, &json!({"NeutronError": error}))
    })
}

fn route(networks: &mut Networks, request: &Request<'_>) -> Outcome {
    match request.call.segments().as_slice() {
        [
            "v2.0",
            many @ ("networks" | "subnets" | "ports" | "routers" | "security-groups"),
            id,
            "tags",
            rest @ ..,
        ] => tag::route(networks, request, many, id, rest),
        ["v2.0", "networks", rest @ ..] => network::route(networks, request, rest),
        ["v2.0", "subnets", rest @ ..] => subnet::route(networks, request, rest),
        ["v2.0", "ports", rest @ ..] => port::route(networks, request, rest),
        ["v2.0", "quotas", rest @ ..] => quota::route(networks, request, rest),
        ["v2.0", "routers", rest @ ..] => router::route(networks, request, rest),
        ["v2.0", "floatingips", rest @ ..] => floating_ip::route(networks, request, rest),
        ["v2.0", "security-groups", rest @ ..] => security_group::route(networks, request, rest),
        ["v2.0", "security-group-rules", rest @ ..] => security_group::rule_route(networks, request, rest),
        _ => Err(no_route()),
    }
}

fn no_route() -> Refusal {
    Refusal::not_found("The resource could not be found.").kind("HTTPNotFound")
}

/// 403 unless allowed. `rule` is the policy's name.
fn require(allowed: bool, rule: &str) -> Result<(), Refusal> {
    if allowed { Ok(()) } else { Err(disallowed(&format!("rule:{rule}"))) }
}

/// 403: `rules` as the policy combines them.
fn disallowed(rules: &str) -> Refusal {
    Refusal::forbidden(format!("{rules} is disallowed by policy")).kind("PolicyNotAuthorized")
}

/// 400 from the layer that reads bodies.
fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal::bad_request(message).kind("HTTPBadRequest")
}

/// 400 from behind it.
fn invalid_input(what: &str) -> Refusal {
    Refusal::bad_request(format!("Invalid input for operation: {what}.")).kind("InvalidInput")
}
