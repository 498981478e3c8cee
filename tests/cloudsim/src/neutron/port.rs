//! Ports, as clients of Neutron see them: those of servers, those of routers, and those that clients make.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::attributes::{Attributes, Kind, address, uuid, wrong};
use super::quota::Counted;
use super::share_server::SHARE_SERVER;
use super::standard::Standard;
use super::{Networks, Request, invalid_input, list, no_route, require};
use crate::call::{Answer, Outcome, Refusal};
use crate::keystone::Caller;

const KIND: Kind = Kind {
    one: "port",
    many: "ports",
    given: &[
        "name",
        "description",
        "network_id",
        "fixed_ips",
        "security_groups",
        "device_id",
        "device_owner",
    ],
    changed: &["name", "description", "security_groups", "device_id", "device_owner"],
    shown: &[
        "id",
        "project_id",
        "tenant_id",
        "tags",
        "created_at",
        "updated_at",
        "revision_number",
        "status",
        "mac_address",
        "admin_state_up",
    ],
    unfiltered: &[],
};

/// A place on a network.
pub(super) struct Port {
    pub(super) standard: Standard,
    pub(super) network_id: String,
    /// Subnet and address.
    pub(super) fixed: Vec<(String, Ipv4Addr)>,
    pub(super) mac: String,
    pub(super) device_id: String,
    /// "compute:nova", "network:router_interface"; empty where nobody has it.
    pub(super) device_owner: String,
    /// Their ids.
    pub(super) groups: BTreeSet<String>,
}

impl Port {
    pub(super) fn new(standard: Standard, network_id: &str, fixed: Vec<(String, Ipv4Addr)>) -> Self {
        let [a, b, c, ..] = uuid::Uuid::new_v4().into_bytes();
        Self {
            standard,
            network_id: network_id.to_owned(),
            fixed,
            mac: format!("fa:16:3e:{a:02x}:{b:02x}:{c:02x}"),
            device_id: String::new(),
            device_owner: String::new(),
            groups: BTreeSet::new(),
        }
    }

    pub(super) fn is_on(&self, subnet_id: &str) -> bool {
        self.fixed.iter().any(|(subnet, _)| subnet == subnet_id)
    }

    /// Nobody plugs in the ports of share servers, though they serve.
    fn is_plugged(&self) -> bool {
        !["", SHARE_SERVER].contains(&self.device_owner.as_str())
    }

    fn is_of_router(&self) -> bool {
        self.device_owner.starts_with("network:router")
    }

    fn view(&self) -> Value {
        let ips = self.fixed.iter().map(|(subnet, ip)| json!({"subnet_id": subnet, "ip_address": ip}));
        self.standard.view(json!({
            "network_id": self.network_id, "mac_address": self.mac, "admin_state_up": true,
            "status": if self.is_plugged() { "ACTIVE" } else { "DOWN" }, "device_id": self.device_id,
            "device_owner": self.device_owner, "fixed_ips": ips.collect::<Vec<_>>(), "allowed_address_pairs": [],
            "extra_dhcp_opts": [], "security_groups": self.groups, "binding:vnic_type": "normal",
            "port_security_enabled": !self.is_of_router(),
        }))
    }
}

impl Networks {
    pub(super) fn port(&self, id: &str, caller: &Caller) -> Result<&Port, Refusal> {
        self.ports.get(id).filter(|port| port.standard.is_seen_by(caller)).ok_or_else(|| not_found(id))
    }

    /// The addresses of a subnet that a port may have.
    pub(super) fn is_taken(&self, subnet_id: &str, address: Ipv4Addr) -> bool {
        self.ports.values().any(|port| port.fixed.iter().any(|(id, ip)| id == subnet_id && *ip == address))
    }
}

pub(super) fn not_found(id: &str) -> Refusal {
    Refusal::not_found(format!("Port {id} could not be found.")).kind("PortNotFound")
}

pub(super) fn route(networks: &mut Networks, request: &Request<'_>, rest: &[&str]) -> Outcome {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => {
            let seen = networks.ports.values().filter(|port| port.standard.is_seen_by(request.caller));
            list::answer(request.call, &KIND, seen.map(Port::view))
        }
        ("POST", []) => create(networks, request),
        ("GET", [id]) => Ok(Answer::json(200, &json!({KIND.one: networks.port(id, request.caller)?.view()}))),
        ("PUT", [id]) => update(networks, request, id),
        ("DELETE", [id]) => delete(networks, request, id),
        _ => Err(no_route()),
    }
}

fn create(networks: &mut Networks, request: &Request<'_>) -> Outcome {
    let attributes = Attributes::of(request.call, &KIND)?;
    require(request.caller.member, "create_port")?;
    let network_id = attributes.id("network_id")?;
    networks.network(network_id, request.caller)?;
    networks.check_quota(&request.caller.project_id, Counted::Port)?;
    let fixed = match attributes.get("fixed_ips") {
        None => networks.next_address(network_id).into_iter().collect(),
        Some(ips) => fixed(networks, request.caller, network_id, ips)?,
    };
    let mut port = Port::new(Standard::asked(request, &attributes)?, network_id, fixed);
    port.groups.insert(networks.default_group(&request.caller.project_id, request.now));
    port.groups = groups(networks, request.caller, &attributes)?.unwrap_or(port.groups);
    port.give(device(&attributes)?);
    let answer = Answer::json(201, &json!({KIND.one: port.view()}));
    networks.ports.insert(port.standard.id.clone(), port);
    Ok(answer)
}

/// The addresses that a body asks for, each of a subnet of the network.
fn fixed(
    networks: &mut Networks,
    caller: &Caller,
    network_id: &str,
    ips: &Value,
) -> Result<Vec<(String, Ipv4Addr)>, Refusal> {
    let mut fixed = Vec::new();
    for ip in ips.as_array().ok_or_else(|| wrong("fixed_ips", "not a list"))? {
        let subnet_id = uuid("fixed_ips", &ip["subnet_id"])?;
        let subnet = networks.subnet(subnet_id, caller)?;
        if subnet.network_id != network_id {
            return Err(invalid_input(&format!(
                "Failed to create port on network {network_id}, because fixed_ips included invalid subnet {subnet_id}"
            )));
        }
        let address = match ip.get("ip_address") {
            None => networks.free_address(subnet).ok_or_else(|| exhausted(network_id))?,
            Some(text) => address("fixed_ips", text)?,
        };
        if networks.is_taken(subnet_id, address) {
            return Err(allocated(subnet_id, address));
        }
        fixed.push((subnet_id.to_owned(), address));
    }
    Ok(fixed)
}

/// 409: somebody has the address.
pub(super) fn allocated(subnet_id: &str, address: Ipv4Addr) -> Refusal {
    let message = format!("IP address {address} already allocated in subnet {subnet_id}");
    Refusal::conflict(message).kind("IpAddressAlreadyAllocated")
}

fn exhausted(network_id: &str) -> Refusal {
    let message = format!("No more IP addresses available on network {network_id}.");
    Refusal::conflict(message).kind("IpAddressGenerationFailure")
}

fn update(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    let attributes = Attributes::of(request.call, &KIND)?;
    require(networks.port(id, request.caller)?.standard.is_changed_by(request.caller), "update_port")?;
    let groups = groups(networks, request.caller, &attributes)?;
    let device = device(&attributes)?;
    let port = networks.ports.get_mut(id).ok_or_else(|| not_found(id))?;
    port.standard.change(&attributes, request.now)?;
    port.give(device);
    if let Some(groups) = groups {
        port.groups = groups;
    }
    Ok(Answer::json(200, &json!({KIND.one: port.view()})))
}

/// The security groups that a body names.
fn groups(
    networks: &Networks,
    caller: &Caller,
    attributes: &Attributes,
) -> Result<Option<BTreeSet<String>>, Refusal> {
    let Some(named) = attributes.get("security_groups") else { return Ok(None) };
    let mut groups = BTreeSet::new();
    for id in named.as_array().into_iter().flatten() {
        let id = uuid("security_groups", id)?;
        networks.group(id, caller)?;
        if !groups.insert(id.to_owned()) {
            return Err(wrong("security_groups", &format!("Duplicate items in the list: '{id}'.")));
        }
    }
    Ok(Some(groups))
}

/// Who a body says has the port.
fn device(attributes: &Attributes) -> Result<[Option<&str>; 2], Refusal> {
    Ok([attributes.text("device_id")?, attributes.text("device_owner")?])
}

impl Port {
    fn give(&mut self, device: [Option<&str>; 2]) {
        for (text, place) in device.into_iter().zip([&mut self.device_id, &mut self.device_owner]) {
            if let Some(text) = text {
                text.clone_into(place);
            }
        }
    }
}

fn delete(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    let port = networks.port(id, request.caller)?;
    require(port.standard.is_changed_by(request.caller), "delete_port")?;
    if port.is_of_router() {
        let owner = &port.device_owner;
        let message =
            format!("Port {id} cannot be deleted directly via the port API: has device owner {owner}.");
        return Err(Refusal::conflict(message).kind("ServicePortInUse"));
    }
    networks.ports.remove(id);
    Ok(Answer::empty(204))
}
