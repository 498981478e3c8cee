//! Neutron: just the networks and subnets that servers need, and the addresses that servers hold on them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::{self, Caller};
use crate::world::{World, seconds, uuid};

/// The network that every project may use, as a provider network is.
const PROVIDER: &str = "provider";
const PROVIDER_CIDR: Cidr = Cidr { network: Ipv4Addr::new(10, 32, 0, 0), prefix: 16 };
/// The first host number that servers get; below it are the gateway and what an operator reserves.
const FIRST_HOST: u32 = 10;

struct Network {
    id: String,
    name: String,
    description: String,
    project_id: String,
    shared: bool,
    created: Timestamp,
    updated: Timestamp,
    revision: u64,
}

struct Subnet {
    id: String,
    name: String,
    project_id: String,
    network_id: String,
    cidr: Cidr,
    enable_dhcp: bool,
    created: Timestamp,
    next_host: u32,
}

#[derive(Clone, Copy)]
struct Cidr {
    network: Ipv4Addr,
    prefix: u32,
}

/// An address in use.
struct Port {
    network_id: String,
    subnet_id: String,
    device_id: String,
    address: Ipv4Addr,
}

/// A server's place on a network.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) network: String,
    pub(crate) address: String,
    pub(crate) mac: String,
}

/// Neutron's memory.
pub(crate) struct Networks {
    networks: BTreeMap<String, Network>,
    subnets: BTreeMap<String, Subnet>,
    ports: BTreeMap<String, Port>,
}

impl Cidr {
    /// "10.0.0.0/24"; `None` where it is no IPv4 network.
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let prefix: u32 = prefix.parse().ok().filter(|prefix| (1..=30).contains(prefix))?;
        let address: Ipv4Addr = address.parse().ok()?;
        let network = Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << (32 - prefix)));
        Some(Self { network, prefix })
    }

    /// How many addresses it has, the network's and the broadcast's among them.
    fn size(self) -> u32 {
        1 << (32 - self.prefix)
    }

    fn host(self, number: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network.to_bits() + number)
    }

    fn overlaps(self, other: Self) -> bool {
        let mask = u32::MAX << (32 - self.prefix.min(other.prefix));
        self.network.to_bits() & mask == other.network.to_bits() & mask
    }
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

    fn add_subnet(&mut self, name: &str, network: &str, project: &str, cidr: Cidr, now: Timestamp) -> String {
        let subnet = Subnet {
            id: uuid(),
            name: name.to_owned(),
            project_id: project.to_owned(),
            network_id: network.to_owned(),
            cidr,
            enable_dhcp: true,
            created: now,
            next_host: FIRST_HOST,
        };
        let id = subnet.id.clone();
        self.subnets.insert(id.clone(), subnet);
        id
    }

    /// The ids of the networks that a project may put servers on.
    pub(crate) fn usable(&self, project_id: &str) -> Vec<String> {
        let usable = self.networks.values().filter(|n| n.shared || n.project_id == project_id);
        usable.map(|network| network.id.clone()).collect()
    }

    /// Whether servers can be on the network; the sentence is Nova's.
    pub(crate) fn check(&self, network_id: &str, project_id: &str) -> Result<(), Refusal> {
        if !self.usable(project_id).iter().any(|id| id == network_id) {
            return Err(Refusal::bad_request(format!("Network {network_id} could not be found.")));
        }
        if !self.subnets.values().any(|subnet| subnet.network_id == network_id) {
            let message = format!("Network {network_id} requires a subnet in order to boot instances on.");
            return Err(Refusal::bad_request(message));
        }
        Ok(())
    }

    /// Takes the next free address for a server; `None` where the network is gone or full.
    pub(crate) fn plug(&mut self, network_id: &str, device_id: &str) -> Option<Address> {
        let network = self.networks.get(network_id)?.name.clone();
        let subnet = self.subnets.values_mut().find(|subnet| subnet.network_id == network_id)?;
        let taken =
            |address: Ipv4Addr| self.ports.values().any(|p| p.subnet_id == subnet.id && p.address == address);
        let last = subnet.cidr.size() - 2;
        let first = FIRST_HOST.min(last);
        let fresh = (subnet.next_host <= last).then_some(subnet.next_host);
        let host = fresh.or_else(|| (first..=last).find(|host| !taken(subnet.cidr.host(*host))))?;
        subnet.next_host = subnet.next_host.saturating_add(1);
        let address = subnet.cidr.host(host);
        let port = Port {
            network_id: network_id.to_owned(),
            subnet_id: subnet.id.clone(),
            device_id: device_id.to_owned(),
            address,
        };
        self.ports.insert(uuid(), port);
        let [_, a, b, c] = address.octets();
        Some(Address {
            network,
            address: address.to_string(),
            mac: format!("fa:16:3e:{a:02x}:{b:02x}:{c:02x}"),
        })
    }

    /// Frees what a server held.
    pub(crate) fn unplug(&mut self, device_id: &str) {
        self.ports.retain(|_, port| port.device_id != device_id);
    }
}

impl Network {
    fn new(name: &str, project_id: &str, shared: bool, now: Timestamp) -> Self {
        Self {
            id: uuid(),
            name: name.to_owned(),
            description: String::new(),
            project_id: project_id.to_owned(),
            shared,
            created: now,
            updated: now,
            revision: 1,
        }
    }

    fn view(&self, subnets: &BTreeMap<String, Subnet>) -> Value {
        let subnets = subnets.values().filter(|subnet| subnet.network_id == self.id);
        let subnets: Vec<&str> = subnets.map(|subnet| subnet.id.as_str()).collect();
        json!({
            "id": self.id, "name": self.name, "tenant_id": self.project_id, "project_id": self.project_id,
            "admin_state_up": true, "mtu": 1450, "status": "ACTIVE", "subnets": subnets, "shared": self.shared,
            "availability_zone_hints": [], "availability_zones": [], "ipv4_address_scope": null,
            "ipv6_address_scope": null, "router:external": false, "qinq": false, "vlan_transparent": false,
            "description": self.description, "port_security_enabled": true, "tags": [],
            "created_at": seconds(self.created), "updated_at": seconds(self.updated),
            "revision_number": self.revision,
        })
    }
}

impl Subnet {
    fn view(&self) -> Value {
        let Cidr { network, prefix } = self.cidr;
        let pool = json!([{"start": self.cidr.host(2), "end": self.cidr.host(self.cidr.size() - 2)}]);
        json!({
            "id": self.id, "name": self.name, "project_id": self.project_id, "tenant_id": self.project_id,
            "network_id": self.network_id, "ip_version": 4, "subnetpool_id": null, "enable_dhcp": self.enable_dhcp,
            "ipv6_ra_mode": null, "ipv6_address_mode": null, "gateway_ip": self.cidr.host(1),
            "cidr": format!("{network}/{prefix}"), "allocation_pools": pool, "host_routes": [],
            "dns_nameservers": [], "description": "", "router:external": false, "service_types": [], "tags": [],
            "created_at": seconds(self.created), "updated_at": seconds(self.created), "revision_number": 0,
        })
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
        ("GET", ["v2.0", "networks"]) => Ok(list_networks(networks, call, caller)),
        ("POST", ["v2.0", "networks"]) => create_network(networks, call, caller, world.now),
        ("GET", ["v2.0", "networks", id]) => {
            let network = networks.network(id, caller)?;
            Ok(Answer::json(200, &json!({"network": network.view(&networks.subnets)})))
        }
        ("DELETE", ["v2.0", "networks", id]) => delete_network(networks, caller, id),
        ("GET", ["v2.0", "subnets"]) => Ok(list_subnets(networks, call, caller)),
        ("POST", ["v2.0", "subnets"]) => create_subnet(networks, call, caller, world.now),
        ("GET", ["v2.0", "subnets", id]) => {
            Ok(Answer::json(200, &json!({"subnet": networks.subnet(id, caller)?.view()})))
        }
        ("DELETE", ["v2.0", "subnets", id]) => delete_subnet(networks, caller, id),
        _ => Err(Refusal::not_found("The resource could not be found.").kind("HTTPNotFound")),
    }
}

impl Networks {
    fn sees(&self, network: &Network, caller: &Caller) -> bool {
        caller.admin || caller.reader && (network.shared || network.project_id == caller.project_id)
    }

    fn network(&self, id: &str, caller: &Caller) -> Result<&Network, Refusal> {
        let network = self.networks.get(id).filter(|network| self.sees(network, caller));
        let message = format!("Network {id} could not be found.");
        network.ok_or_else(|| Refusal::not_found(message).kind("NetworkNotFound"))
    }

    fn subnet(&self, id: &str, caller: &Caller) -> Result<&Subnet, Refusal> {
        let subnet = self.subnets.get(id).filter(|subnet| self.network(&subnet.network_id, caller).is_ok());
        let message = format!("Subnet {id} could not be found.");
        subnet.ok_or_else(|| Refusal::not_found(message).kind("SubnetNotFound"))
    }
}

fn require_member(caller: &Caller, rule: &str) -> Result<(), Refusal> {
    if caller.member {
        return Ok(());
    }
    let message = format!("rule:{rule} is disallowed by policy");
    Err(Refusal::forbidden(message).kind("PolicyNotAuthorized"))
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

fn list_networks(networks: &Networks, call: &Call, caller: &Caller) -> Answer {
    let wanted = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
    let seen = networks.networks.values().filter(|network| {
        networks.sees(network, caller)
            && wanted("name", &network.name)
            && wanted("id", &network.id)
            && wanted("project_id", &network.project_id)
            && wanted("shared", if network.shared { "true" } else { "false" })
    });
    let seen: Vec<Value> = seen.map(|network| network.view(&networks.subnets)).collect();
    Answer::json(200, &json!({"networks": seen}))
}

fn create_network(networks: &mut Networks, call: &Call, caller: &Caller, now: Timestamp) -> Outcome {
    let body = body_object(call, "network", &["name", "description", "admin_state_up", "shared", "mtu"])?;
    require_member(caller, "create_network")?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let shared = body.get("shared").and_then(Value::as_bool).unwrap_or(false);
    if shared && !caller.admin {
        return require_member(&Caller::default(), "create_network:shared").map(|()| Answer::empty(403));
    }
    let mut network = Network::new(text("name"), &caller.project_id, shared, now);
    text("description").clone_into(&mut network.description);
    let answer = Answer::json(201, &json!({"network": network.view(&networks.subnets)}));
    networks.networks.insert(network.id.clone(), network);
    Ok(answer)
}

fn delete_network(networks: &mut Networks, caller: &Caller, id: &str) -> Outcome {
    networks.network(id, caller)?;
    require_member(caller, "delete_network")?;
    let ports = networks.ports.iter().filter(|(_, port)| port.network_id == id);
    let ports: Vec<&str> = ports.map(|(port, _)| port.as_str()).collect();
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

fn list_subnets(networks: &Networks, call: &Call, caller: &Caller) -> Answer {
    let wanted = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
    let seen = networks.subnets.values().filter(|subnet| {
        networks.network(&subnet.network_id, caller).is_ok()
            && wanted("network_id", &subnet.network_id)
            && wanted("name", &subnet.name)
    });
    Answer::json(200, &json!({"subnets": seen.map(Subnet::view).collect::<Vec<_>>()}))
}

fn create_subnet(networks: &mut Networks, call: &Call, caller: &Caller, now: Timestamp) -> Outcome {
    let known = ["name", "network_id", "ip_version", "cidr", "enable_dhcp", "description", "gateway_ip"];
    let body = body_object(call, "subnet", &known)?;
    require_member(caller, "create_subnet")?;
    let invalid = |what: String| {
        Refusal::bad_request(format!("Invalid input for operation: {what}.")).kind("InvalidInput")
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let cidr = Cidr::parse(text("cidr"))
        .ok_or_else(|| invalid(format!("{} is not in a CIDR format", text("cidr"))))?;
    let network_id = text("network_id");
    networks.network(network_id, caller)?;
    let others = networks.subnets.values().filter(|subnet| subnet.network_id == network_id);
    if others.into_iter().any(|subnet| subnet.cidr.overlaps(cidr)) {
        let cidr = text("cidr");
        return Err(invalid(format!(
            "Requested subnet with cidr: {cidr} for network: {network_id} overlaps with another subnet"
        )));
    }
    let id = networks.add_subnet(text("name"), network_id, &caller.project_id, cidr, now);
    if let Some(network) = networks.networks.get_mut(network_id) {
        network.revision += 1;
        network.updated = now;
    }
    Ok(Answer::json(201, &json!({"subnet": networks.subnet(&id, caller)?.view()})))
}

fn delete_subnet(networks: &mut Networks, caller: &Caller, id: &str) -> Outcome {
    networks.subnet(id, caller)?;
    require_member(caller, "delete_subnet")?;
    if networks.ports.values().any(|port| port.subnet_id == id) {
        let message = format!(
            "Unable to complete operation on subnet {id}: One or more ports have an IP allocation from this subnet."
        );
        return Err(Refusal::conflict(message).kind("SubnetInUse"));
    }
    networks.subnets.remove(id);
    Ok(Answer::empty(204))
}
