//! Networks.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::attributes::{Attributes, Kind};
use super::quota::Counted;
use super::standard::Standard;
use super::{Networks, Request, disallowed, list, no_route, require};
use crate::call::{Answer, Outcome, Refusal};
use crate::keystone::Caller;

const KIND: Kind = Kind {
    one: "network",
    many: "networks",
    given: &["name", "description", "admin_state_up", "shared", "router:external", "mtu"],
    changed: &["name", "description", "admin_state_up", "shared", "router:external", "mtu"],
    shown: &[
        "id",
        "project_id",
        "tenant_id",
        "status",
        "subnets",
        "tags",
        "created_at",
        "updated_at",
        "revision_number",
        "port_security_enabled",
        "availability_zones",
    ],
    unfiltered: &["subnets", "availability_zones", "port_security_enabled"],
};
const MTU: u64 = 1450;

pub(super) struct Network {
    pub(super) standard: Standard,
    pub(super) shared: bool,
    /// Routers may have their gateway on it, and everybody sees it.
    pub(super) external: bool,
    up: bool,
    pub(super) mtu: u64,
}

/// What a body says beside the standard attributes.
struct Said {
    up: Option<bool>,
    shared: Option<bool>,
    external: Option<bool>,
    mtu: Option<u64>,
}

impl Said {
    fn of(attributes: &Attributes) -> Result<Self, Refusal> {
        Ok(Self {
            up: attributes.flag("admin_state_up")?,
            shared: attributes.flag("shared")?,
            external: attributes.flag("router:external")?,
            mtu: attributes.get("mtu").and_then(Value::as_u64),
        })
    }
}

impl Network {
    pub(super) fn new(standard: Standard) -> Self {
        Self { standard, shared: false, external: false, up: true, mtu: MTU }
    }

    fn set(&mut self, said: &Said) {
        self.up = said.up.unwrap_or(self.up);
        self.shared = said.shared.unwrap_or(self.shared);
        self.external = said.external.unwrap_or(self.external);
        self.mtu = said.mtu.unwrap_or(self.mtu);
    }

    fn is_seen_by(&self, caller: &Caller) -> bool {
        self.shared || self.external || self.standard.is_seen_by(caller)
    }

    /// Whether servers of the project may be on it.
    pub(super) fn is_usable_by(&self, project_id: &str) -> bool {
        self.shared || self.standard.project_id == project_id
    }
}

impl Networks {
    pub(super) fn network(&self, id: &str, caller: &Caller) -> Result<&Network, Refusal> {
        self.networks.get(id).filter(|network| network.is_seen_by(caller)).ok_or_else(|| not_found(id))
    }

    /// The network has changed.
    pub(super) fn touch_network(&mut self, id: &str, now: Timestamp) {
        if let Some(network) = self.networks.get_mut(id) {
            network.standard.touch(now);
        }
    }

    fn network_view(&self, network: &Network) -> Value {
        let Network { standard, shared, external, up, mtu } = network;
        let subnets = self.subnets.values().filter(|subnet| subnet.network_id == standard.id);
        let subnets: Vec<&str> = subnets.map(|subnet| subnet.standard.id.as_str()).collect();
        standard.view(json!({
            "admin_state_up": up, "mtu": mtu, "status": "ACTIVE", "subnets": subnets, "shared": shared,
            "availability_zone_hints": [], "availability_zones": [], "ipv4_address_scope": null,
            "ipv6_address_scope": null, "router:external": external, "qinq": false, "vlan_transparent": false,
            "port_security_enabled": true,
        }))
    }
}

fn not_found(id: &str) -> Refusal {
    Refusal::not_found(format!("Network {id} could not be found.")).kind("NetworkNotFound")
}

pub(super) fn route(networks: &mut Networks, request: &Request<'_>, rest: &[&str]) -> Outcome {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => {
            let seen = networks.networks.values().filter(|network| network.is_seen_by(request.caller));
            list::answer(request.call, &KIND, seen.map(|network| networks.network_view(network)))
        }
        ("POST", []) => create(networks, request),
        ("GET", [id]) => {
            let network = networks.network(id, request.caller)?;
            Ok(Answer::json(200, &json!({KIND.one: networks.network_view(network)})))
        }
        ("PUT", [id]) => update(networks, request, id),
        ("DELETE", [id]) => delete(networks, request, id),
        _ => Err(no_route()),
    }
}

fn create(networks: &mut Networks, request: &Request<'_>) -> Outcome {
    let attributes = Attributes::of(request.call, &KIND)?;
    require(request.caller.member, "create_network")?;
    require_admin(request, &attributes, "create_network")?;
    let said = Said::of(&attributes)?;
    networks.check_quota(&request.caller.project_id, Counted::Network)?;
    networks.default_group(&request.caller.project_id, request.now);
    let mut network = Network::new(Standard::asked(request, &attributes)?);
    network.set(&said);
    let answer = Answer::json(201, &json!({KIND.one: networks.network_view(&network)}));
    networks.networks.insert(network.standard.id.clone(), network);
    Ok(answer)
}

fn update(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    let attributes = Attributes::of(request.call, &KIND)?;
    require(networks.network(id, request.caller)?.standard.is_changed_by(request.caller), "update_network")?;
    require_admin(request, &attributes, "update_network")?;
    let said = Said::of(&attributes)?;
    let network = networks.networks.get_mut(id).ok_or_else(|| not_found(id))?;
    network.standard.change(&attributes, request.now)?;
    network.set(&said);
    let network = networks.network(id, request.caller)?;
    Ok(Answer::json(200, &json!({KIND.one: networks.network_view(network)})))
}

/// What only an admin says of a network.
fn require_admin(request: &Request<'_>, attributes: &Attributes, rule: &str) -> Result<(), Refusal> {
    for name in ["shared", "router:external"] {
        if attributes.flag(name)?.is_some() && !request.caller.admin {
            return Err(disallowed(&format!("(rule:{rule} and rule:{rule}:{name})")));
        }
    }
    Ok(())
}

/// Its subnets go with it.
fn delete(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    require(networks.network(id, request.caller)?.standard.is_changed_by(request.caller), "delete_network")?;
    let ports = networks.ports.values().filter(|port| port.network_id == id);
    let ports: Vec<&str> = ports.map(|port| port.standard.id.as_str()).collect();
    if !ports.is_empty() {
        let message = format!(
            "Unable to complete operation on network {id}. There are one or more ports still in use on the network, \
             id for these ports is: {}.",
            ports.join(",")
        );
        return Err(Refusal::conflict(message).kind("NetworkInUse"));
    }
    networks.networks.remove(id);
    networks.subnets.retain(|_, subnet| subnet.network_id != id);
    Ok(Answer::empty(204))
}
