//! Floating addresses: on an external network, each leading through a router to a port.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::attributes::{Attributes, Kind};
use super::port::Port;
use super::standard::Standard;
use super::{Networks, Request, list, no_route, require};
use crate::call::{Answer, Outcome, Refusal};

const KIND: Kind = Kind {
    one: "floatingip",
    many: "floatingips",
    given: &["description", "floating_network_id", "port_id", "project_id"],
    changed: &[],
    shown: &[
        "id",
        "tenant_id",
        "tags",
        "created_at",
        "updated_at",
        "revision_number",
        "floating_ip_address",
        "fixed_ip_address",
        "router_id",
        "status",
    ],
    unfiltered: &[],
};
/// Who has the port that holds the address.
const OWNER: &str = "network:floatingip";

pub(super) struct FloatingIp {
    standard: Standard,
    network_id: String,
    address: Ipv4Addr,
    router_id: String,
    port_id: String,
    fixed: (String, Ipv4Addr),
}

impl FloatingIp {
    /// No agent ever brings one up here.
    fn view(&self) -> Value {
        let mut view = self.standard.view(json!({
            "floating_network_id": self.network_id, "floating_ip_address": self.address,
            "router_id": self.router_id, "port_id": self.port_id, "fixed_ip_address": self.fixed.1,
            "status": "DOWN",
        }));
        // It has no name.
        view.as_object_mut().map(|view| view.remove("name"));
        view
    }
}

impl Networks {
    /// 409 where a floating address leads through the router into the subnet.
    pub(super) fn check_unfloated(&self, router_id: &str, subnet_id: &str) -> Result<(), Refusal> {
        let mut floating = self.floating_ips.values();
        if !floating.any(|floating| floating.router_id == router_id && floating.fixed.0 == subnet_id) {
            return Ok(());
        }
        let message = format!(
            "Router interface for subnet {subnet_id} on router {router_id} cannot be deleted, as it is required by one \
             or more floating IPs."
        );
        Err(Refusal::conflict(message).kind("RouterInterfaceInUseByFloatingIP"))
    }
}

pub(super) fn route(networks: &mut Networks, request: &Request<'_>, rest: &[&str]) -> Outcome {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => {
            let seen = networks.floating_ips.values().filter(|ip| ip.standard.is_seen_by(request.caller));
            list::answer(request.call, &KIND, seen.map(FloatingIp::view))
        }
        ("POST", []) => create(networks, request),
        ("DELETE", [id]) => delete(networks, request, id),
        _ => Err(no_route()),
    }
}

fn create(networks: &mut Networks, request: &Request<'_>) -> Outcome {
    let attributes = Attributes::of(request.call, &KIND)?;
    require(request.caller.member, "create_floatingip")?;
    let mut standard = Standard::asked(request, &attributes)?;
    if let Some(project) = attributes.text("project_id")? {
        require(request.caller.admin || request.caller.project_id == project, "create_floatingip")?;
        project.clone_into(&mut standard.project_id);
    }
    let (network_id, port_id) = (attributes.id("floating_network_id")?, attributes.id("port_id")?);
    if !networks.network(network_id, request.caller)?.external {
        let message =
            format!("Bad floatingip request: Network {network_id} is not a valid external network.");
        return Err(Refusal::bad_request(message).kind("BadRequest"));
    }
    let fixed = networks.port(port_id, request.caller)?.fixed.first().cloned();
    let router = fixed.as_ref().and_then(|(subnet, _)| networks.router_between(subnet, network_id));
    let (Some(fixed), Some(router_id)) = (fixed, router) else {
        let message =
            format!("External network {network_id} is not reachable from the subnet of port {port_id}.");
        return Err(Refusal::not_found(message).kind("ExternalGatewayForFloatingIPNotFound"));
    };
    let Some(place) = networks.next_address(network_id) else {
        let message = format!("No more IP addresses available on network {network_id}.");
        return Err(Refusal::conflict(message).kind("IpAddressGenerationFailure"));
    };
    let (network_id, port_id, address) = (network_id.to_owned(), port_id.to_owned(), place.1);
    let mut holder = Port::new(Standard::new("", "", request.now), &network_id, vec![place]);
    (holder.device_id, holder.device_owner) = (standard.id.clone(), OWNER.to_owned());
    networks.ports.insert(holder.standard.id.clone(), holder);
    let floating = FloatingIp { standard, network_id, address, router_id, port_id, fixed };
    let answer = Answer::json(201, &json!({KIND.one: floating.view()}));
    networks.floating_ips.insert(floating.standard.id.clone(), floating);
    Ok(answer)
}

fn delete(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    let seen = networks.floating_ips.get(id).filter(|ip| ip.standard.is_seen_by(request.caller));
    let message = format!("Floating IP {id} could not be found");
    let floating = seen.ok_or_else(|| Refusal::not_found(message).kind("FloatingIPNotFound"))?;
    require(floating.standard.is_changed_by(request.caller), "delete_floatingip")?;
    networks.floating_ips.remove(id);
    networks.ports.retain(|_, port| port.device_id != id || port.device_owner != OWNER);
    Ok(Answer::empty(204))
}
