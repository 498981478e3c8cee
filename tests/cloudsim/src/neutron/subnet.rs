//! Subnets. IPv4 alone is simulated.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::attributes::{Attributes, Kind, wrong};
use super::quota::Counted;
use super::standard::Standard;
use super::{FIRST_HOST, Networks, Request, bad_request, invalid_input, list, no_route, require};
use crate::call::{Answer, Outcome, Refusal};
use crate::keystone::Caller;

const KIND: Kind = Kind {
    one: "subnet",
    many: "subnets",
    given: &[
        "name",
        "description",
        "network_id",
        "ip_version",
        "cidr",
        "gateway_ip",
        "enable_dhcp",
        "dns_nameservers",
    ],
    changed: &["name", "description", "gateway_ip", "enable_dhcp", "dns_nameservers"],
    shown: &[
        "id",
        "project_id",
        "tenant_id",
        "tags",
        "created_at",
        "updated_at",
        "revision_number",
        "allocation_pools",
        "host_routes",
    ],
    unfiltered: &["allocation_pools", "host_routes", "dns_nameservers"],
};

pub(super) struct Subnet {
    pub(super) standard: Standard,
    pub(super) network_id: String,
    pub(super) cidr: Ipv4Net,
    pub(super) gateway: Option<Ipv4Addr>,
    /// Of a network that routers may have their gateway on.
    external: bool,
    dhcp: bool,
    name_servers: Value,
    /// What the next server gets, until they are used up.
    pub(super) next_host: u32,
}

impl Subnet {
    pub(super) fn new(standard: Standard, network_id: &str, cidr: Ipv4Net, external: bool) -> Self {
        Self {
            standard,
            network_id: network_id.to_owned(),
            cidr,
            gateway: cidr.hosts().next(),
            external,
            dhcp: !external,
            name_servers: json!([]),
            next_host: FIRST_HOST,
        }
    }

    fn view(&self) -> Value {
        self.standard.view(json!({
            "network_id": self.network_id, "ip_version": 4, "subnetpool_id": null, "enable_dhcp": self.dhcp,
            "ipv6_ra_mode": null, "ipv6_address_mode": null, "gateway_ip": self.gateway,
            "cidr": self.cidr.to_string(), "allocation_pools": self.pools(), "host_routes": [],
            "dns_nameservers": self.name_servers, "router:external": self.external, "service_types": [],
        }))
    }

    /// Every host but the gateway.
    fn pools(&self) -> Value {
        let pool = |first: u32, last: u32| {
            let ends = || json!({"start": Ipv4Addr::from_bits(first), "end": Ipv4Addr::from_bits(last)});
            (first <= last).then(ends)
        };
        let (first, last) = (self.cidr.network().to_bits() + 1, self.cidr.broadcast().to_bits() - 1);
        let gateway = self.gateway.filter(|gateway| self.cidr.contains(gateway));
        let Some(gateway) = gateway.map(Ipv4Addr::to_bits) else {
            return json!(Vec::from_iter(pool(first, last)));
        };
        json!(Vec::from_iter([pool(first, gateway - 1), pool(gateway + 1, last)].into_iter().flatten()))
    }
}

impl Networks {
    pub(super) fn subnet(&self, id: &str, caller: &Caller) -> Result<&Subnet, Refusal> {
        let subnet = self.subnets.get(id).filter(|subnet| self.network(&subnet.network_id, caller).is_ok());
        subnet.ok_or_else(|| not_found(id))
    }
}

fn not_found(id: &str) -> Refusal {
    Refusal::not_found(format!("Subnet {id} could not be found.")).kind("SubnetNotFound")
}

pub(super) fn route(networks: &mut Networks, request: &Request<'_>, rest: &[&str]) -> Outcome {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => {
            let seen = networks.subnets.values();
            let seen = seen.filter(|subnet| networks.network(&subnet.network_id, request.caller).is_ok());
            list::answer(request.call, &KIND, seen.map(Subnet::view))
        }
        ("POST", []) => create(networks, request),
        ("GET", [id]) => {
            Ok(Answer::json(200, &json!({KIND.one: networks.subnet(id, request.caller)?.view()})))
        }
        ("PUT", [id]) => update(networks, request, id),
        ("DELETE", [id]) => delete(networks, request, id),
        _ => Err(no_route()),
    }
}

fn create(networks: &mut Networks, request: &Request<'_>) -> Outcome {
    let attributes = Attributes::of(request.call, &KIND)?;
    require(request.caller.member, "create_subnet")?;
    version(&attributes)?;
    let network_id = attributes.id("network_id")?;
    let gateway = attributes.address("gateway_ip")?;
    let network = networks.network(network_id, request.caller)?;
    let external = network.external;
    require(network.standard.is_changed_by(request.caller), "create_subnet")?;
    networks.check_quota(&request.caller.project_id, Counted::Subnet)?;
    let dhcp = attributes.flag("enable_dhcp")?.unwrap_or(true);
    let cidr = cidr(&attributes, dhcp)?;
    check_overlap(networks, network_id, cidr, attributes.text("cidr")?.unwrap_or_default())?;
    let mut subnet = Subnet::new(Standard::asked(request, &attributes)?, network_id, cidr, external);
    subnet.dhcp = dhcp;
    subnet.gateway = checked(gateway.unwrap_or(subnet.gateway), cidr)?;
    if let Some(servers) = attributes.get("dns_nameservers") {
        subnet.name_servers = servers.clone();
    }
    let answer = Answer::json(201, &json!({KIND.one: subnet.view()}));
    networks.subnets.insert(subnet.standard.id.clone(), subnet);
    networks.touch_network(network_id, request.now);
    Ok(answer)
}

fn version(attributes: &Attributes) -> Result<(), Refusal> {
    let version = attributes.required("ip_version")?;
    match version.as_u64() {
        Some(4) => Ok(()),
        Some(6) => Err(invalid_input("IPv6 is not simulated")),
        _ => Err(wrong("ip_version", &format!("{version} is not in valid_values."))),
    }
}

/// The network that the body names, with the sentences for what cannot be one.
fn cidr(attributes: &Attributes, dhcp: bool) -> Result<Ipv4Net, Refusal> {
    let Some(text) = attributes.text("cidr")? else {
        let message = "Bad subnets request: a subnetpool must be specified in the absence of a cidr.";
        return Err(bad_request(message).kind("BadRequest"));
    };
    if text.contains(':') {
        return Err(invalid_input(&format!("cidr '{text}' does not match the ip_version '4'")));
    }
    // An address alone is a network of one.
    let cidr: Result<Ipv4Net, _> = text.parse().or_else(|_| text.parse::<Ipv4Addr>().map(Ipv4Net::from));
    let cidr = cidr.map_err(|_| invalid_input(&format!("{text} is not in a CIDR format")))?;
    let (cidr, first) = (cidr.trunc(), cidr.network());
    let why = if cidr.prefix_len() > 30 {
        "Subnet has a prefix length that is incompatible with DHCP service enabled"
    } else if !dhcp {
        return Ok(cidr);
    } else if first.is_unspecified() {
        "First IP '0.0.0.0' of network is not supported if enable_dhcp is True."
    } else if first.is_loopback() {
        "Loopback IP subnet is not supported if enable_dhcp is True"
    } else if first.is_multicast() {
        "Multicast IP subnet is not supported if enable_dhcp is True"
    } else {
        return Ok(cidr);
    };
    Err(invalid_input(why))
}

fn check_overlap(networks: &Networks, network_id: &str, cidr: Ipv4Net, asked: &str) -> Result<(), Refusal> {
    let mut others = networks.subnets.values().filter(|subnet| subnet.network_id == network_id);
    if others.any(|subnet| subnet.cidr.contains(&cidr) || cidr.contains(&subnet.cidr)) {
        return Err(invalid_input(&format!(
            "Requested subnet with cidr: {asked} for network: {network_id} overlaps with another subnet"
        )));
    }
    Ok(())
}

/// Neither the network's own address nor the broadcast's; another network's is fine.
fn checked(gateway: Option<Ipv4Addr>, cidr: Ipv4Net) -> Result<Option<Ipv4Addr>, Refusal> {
    let ends = [cidr.network(), cidr.broadcast()];
    if gateway.is_some_and(|gateway| ends.contains(&gateway)) {
        return Err(invalid_input("Gateway is not valid on subnet"));
    }
    Ok(gateway)
}

fn update(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    let attributes = Attributes::of(request.call, &KIND)?;
    let subnet = networks.subnet(id, request.caller)?;
    require(subnet.standard.is_changed_by(request.caller), "update_subnet")?;
    let gateway = match attributes.address("gateway_ip")? {
        None => subnet.gateway,
        Some(gateway) => moved(subnet, checked(gateway, subnet.cidr)?)?,
    };
    let dhcp = attributes.flag("enable_dhcp")?.unwrap_or(subnet.dhcp);
    let subnet = networks.subnets.get_mut(id).ok_or_else(|| not_found(id))?;
    subnet.standard.change(&attributes, request.now)?;
    (subnet.gateway, subnet.dhcp) = (gateway, dhcp);
    if let Some(servers) = attributes.get("dns_nameservers") {
        subnet.name_servers = servers.clone();
    }
    Ok(Answer::json(200, &json!({KIND.one: subnet.view()})))
}

/// A gateway may not take an address that ports are given.
fn moved(subnet: &Subnet, gateway: Option<Ipv4Addr>) -> Result<Option<Ipv4Addr>, Refusal> {
    let Some(address) = gateway.filter(|address| gateway != subnet.gateway && subnet.cidr.contains(address))
    else {
        return Ok(gateway);
    };
    let pools = subnet.pools();
    let pool = pools.as_array().into_iter().flatten().find(|pool| {
        let end = |name: &str| pool[name].as_str().and_then(|text| text.parse().ok());
        end("start").is_some_and(|start: Ipv4Addr| start <= address) && end("end") >= Some(address)
    });
    let Some(pool) = pool else { return Ok(gateway) };
    let text = |name: &str| pool[name].as_str().unwrap_or_default().to_owned();
    let message =
        format!("Gateway ip {address} conflicts with allocation pool {}-{}.", text("start"), text("end"));
    Err(Refusal::conflict(message).kind("GatewayConflictWithAllocationPools"))
}

fn delete(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    let subnet = networks.subnet(id, request.caller)?;
    require(subnet.standard.is_changed_by(request.caller), "delete_subnet")?;
    if networks.ports.values().any(|port| port.is_on(id)) {
        let message = format!(
            "Unable to complete operation on subnet {id}: One or more ports have an IP allocation from this subnet."
        );
        return Err(Refusal::conflict(message).kind("SubnetInUse"));
    }
    networks.subnets.remove(id);
    Ok(Answer::empty(204))
}
