//! The interfaces of a router: by subnet, at the subnet's gateway address, or by a port that the client made.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::super::port::{self, Port};
use super::super::standard::Standard;
use super::super::{Networks, Request};
use super::{INTERFACE, bad_router};
use crate::call::{Answer, Outcome, Refusal};

/// What a body names.
struct Named {
    subnet: Option<String>,
    port: Option<String>,
}

impl Named {
    fn of(request: &Request<'_>) -> Result<Self, Refusal> {
        let body = request.call.json().unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let named = Self { subnet: text("subnet_id"), port: text("port_id") };
        for id in [&named.subnet, &named.port].into_iter().flatten() {
            if uuid::Uuid::parse_str(id).is_err() {
                return Err(bad_router(&format!("'{id}' is not a valid UUID")));
            }
        }
        if named.subnet.is_none() && named.port.is_none() {
            return Err(bad_router("Either subnet_id or port_id must be specified"));
        }
        Ok(named)
    }
}

pub(super) fn add(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    networks.own_router(id, request.caller, "add_router_interface")?;
    let named = Named::of(request)?;
    let port_id = match (named.subnet, named.port) {
        (Some(subnet), None) => by_subnet(networks, request, id, &subnet)?,
        (None, Some(port)) => by_port(networks, request, id, port)?,
        _ => return Err(bad_router("Cannot specify both subnet-id and port-id")),
    };
    networks.router_mut(id)?.standard.touch(request.now);
    answer(networks, id, networks.ports.get(&port_id).ok_or_else(|| port::not_found(&port_id))?)
}

fn by_subnet(
    networks: &mut Networks,
    request: &Request<'_>,
    id: &str,
    subnet: &str,
) -> Result<String, Refusal> {
    let found = networks.subnet(subnet, request.caller)?;
    let network_id = found.network_id.clone();
    let gateway =
        found.gateway.ok_or_else(|| bad_router("Subnet for router interface must have a gateway IP"))?;
    if !found.standard.is_changed_by(request.caller) {
        return Err(bad_router(&format!(
            "Cannot add interface to router because subnet {subnet} is not owned by project making the request"
        )));
    }
    check_overlap(networks, id, subnet)?;
    if networks.is_taken(subnet, gateway) {
        return Err(port::allocated(subnet, gateway));
    }
    let standard = Standard::new("", &request.caller.project_id, request.now);
    let mut port = Port::new(standard, &network_id, vec![(subnet.to_owned(), gateway)]);
    id.clone_into(&mut port.device_id);
    INTERFACE.clone_into(&mut port.device_owner);
    let port_id = port.standard.id.clone();
    networks.ports.insert(port_id.clone(), port);
    Ok(port_id)
}

fn by_port(
    networks: &mut Networks,
    request: &Request<'_>,
    id: &str,
    port_id: String,
) -> Result<String, Refusal> {
    let port = networks.port(&port_id, request.caller)?;
    if !port.device_id.is_empty() {
        let message = format!(
            "Unable to complete operation on port {port_id} for network {}. Port already has an attached device {}.",
            port.network_id, port.device_id
        );
        return Err(Refusal::conflict(message).kind("PortInUse"));
    }
    let Some((subnet, _)) = port.fixed.first() else {
        return Err(bad_router("Router port must have at least one fixed IP"));
    };
    check_overlap(networks, id, &subnet.clone())?;
    if let Some(port) = networks.ports.get_mut(&port_id) {
        id.clone_into(&mut port.device_id);
        INTERFACE.clone_into(&mut port.device_owner);
        port.standard.touch(request.now);
    }
    Ok(port_id)
}

/// A router is in a subnet once, and in no two that have addresses in common.
fn check_overlap(networks: &Networks, id: &str, subnet_id: &str) -> Result<(), Refusal> {
    let Some(subnet) = networks.subnets.get(subnet_id) else { return Ok(()) };
    for (other, cidr, _) in networks.connected(id) {
        if other == subnet_id {
            return Err(bad_router(&format!("Router already has a port on subnet {subnet_id}")));
        }
        if cidr.contains(&subnet.cidr) || subnet.cidr.contains(&cidr) {
            return Err(bad_router(&format!(
                "Cidr {} of subnet {subnet_id} overlaps with cidr {cidr} of subnet {other}",
                subnet.cidr
            )));
        }
    }
    Ok(())
}

pub(super) fn remove(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    let router = networks.own_router(id, request.caller, "remove_router_interface")?;
    let named = Named::of(request)?;
    let port = found(networks, request, id, &named)?;
    let (port_id, subnet) = (port.standard.id.clone(), port.fixed.first().map(|(subnet, _)| subnet.clone()));
    let subnet = subnet.unwrap_or_default();
    let cidr = networks.subnets.get(&subnet).map(|subnet| subnet.cidr);
    let needed = |nexthop: Ipv4Addr| cidr.is_some_and(|cidr| cidr.contains(&nexthop));
    if router.routes.iter().any(|route| needed(route.nexthop)) {
        let message = format!(
            "Router interface for subnet {subnet} on router {id} cannot be deleted, as it is required by one or more \
             routes."
        );
        return Err(Refusal::conflict(message).kind("RouterInterfaceInUseByRoute"));
    }
    networks.check_unfloated(id, &subnet)?;
    let answer = answer(networks, id, port);
    networks.ports.remove(&port_id);
    networks.router_mut(id)?.standard.touch(request.now);
    answer
}

/// The interface that a body names, by one or both.
fn found<'a>(
    networks: &'a Networks,
    request: &Request<'_>,
    id: &'a str,
    named: &Named,
) -> Result<&'a Port, Refusal> {
    let mut interfaces = networks.router_ports(id, INTERFACE);
    let Some(port_id) = &named.port else {
        let subnet = named.subnet.as_deref().unwrap_or_default();
        networks.subnet(subnet, request.caller)?;
        let message = format!("Router {id} has no interface on subnet {subnet}");
        let missing = || Refusal::not_found(message).kind("RouterInterfaceNotFoundForSubnet");
        return interfaces.find(|port| port.is_on(subnet)).ok_or_else(missing);
    };
    let message = format!("Router {id} does not have an interface with id {port_id}");
    let missing = || Refusal::not_found(message).kind("RouterInterfaceNotFound");
    let port = interfaces.find(|port| port.standard.id == *port_id).ok_or_else(missing)?;
    match &named.subnet {
        Some(subnet) if !port.is_on(subnet) => {
            let message = format!("Subnet on port {port_id} does not match the requested subnet {subnet}.");
            Err(Refusal::bad_request(message).kind("SubnetMismatchForPort"))
        }
        _ => Ok(port),
    }
}

fn answer(networks: &Networks, id: &str, port: &Port) -> Outcome {
    let project = networks.routers.get(id).map(|router| router.standard.project_id.as_str());
    let subnets: Vec<&str> = port.fixed.iter().map(|(subnet, _)| subnet.as_str()).collect();
    Ok(Answer::json(
        200,
        &json!({
            "id": id, "project_id": project, "port_id": port.standard.id, "network_id": port.network_id,
            "subnet_id": subnets.first(), "subnet_ids": subnets,
        }),
    ))
}
