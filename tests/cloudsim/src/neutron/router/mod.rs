//! Routers. Their interfaces are in `interface`, their gateway in `gateway`, their route table in `table`.

mod gateway;
mod interface;
mod table;

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use self::gateway::Wanted;
use self::table::Route;
use super::attributes::{Attributes, Kind};
use super::port::Port;
use super::quota::Counted;
use super::standard::Standard;
use super::{Networks, Request, list, no_route, require};
use crate::call::{Answer, Outcome, Refusal};
use crate::keystone::Caller;

const KIND: Kind = Kind {
    one: "router",
    many: "routers",
    given: &["name", "description", "admin_state_up", "external_gateway_info"],
    changed: &["name", "description", "admin_state_up", "external_gateway_info", "routes"],
    shown: &[
        "id",
        "project_id",
        "tenant_id",
        "tags",
        "created_at",
        "updated_at",
        "revision_number",
        "status",
        "routes",
        "flavor_id",
    ],
    unfiltered: &["status", "routes", "flavor_id", "external_gateway_info"],
};
/// Who has the ports of routers.
const INTERFACE: &str = "network:router_interface";
const GATEWAY: &str = "network:router_gateway";

pub(super) struct Router {
    pub(super) standard: Standard,
    up: bool,
    routes: Vec<Route>,
}

impl Networks {
    fn router(&self, id: &str, caller: &Caller) -> Result<&Router, Refusal> {
        self.routers.get(id).filter(|router| router.standard.is_seen_by(caller)).ok_or_else(|| not_found(id))
    }

    /// A router that the caller may change.
    fn own_router(&self, id: &str, caller: &Caller, rule: &str) -> Result<&Router, Refusal> {
        let router = self.router(id, caller)?;
        require(router.standard.is_changed_by(caller), rule)?;
        Ok(router)
    }

    fn router_mut(&mut self, id: &str) -> Result<&mut Router, Refusal> {
        self.routers.get_mut(id).ok_or_else(|| not_found(id))
    }

    fn router_ports<'a>(&'a self, id: &'a str, owner: &'a str) -> impl Iterator<Item = &'a Port> {
        self.ports.values().filter(move |port| port.device_id == id && port.device_owner == owner)
    }

    /// The router that joins the subnet to the external network.
    pub(super) fn router_between(&self, subnet_id: &str, network_id: &str) -> Option<String> {
        let outside = |id: &str| self.router_ports(id, GATEWAY).any(|port| port.network_id == network_id);
        let joins = |id: &str| self.router_ports(id, INTERFACE).any(|port| port.is_on(subnet_id));
        self.routers.keys().find(|id| joins(id) && outside(id)).cloned()
    }

    /// Subnet, its network and the router's own address, of each place that the router is at.
    fn connected(&self, id: &str) -> Vec<(&str, Ipv4Net, Ipv4Addr)> {
        let ports = self.router_ports(id, INTERFACE).chain(self.router_ports(id, GATEWAY));
        let fixed = ports.flat_map(|port| &port.fixed);
        let place = |(subnet, address): &'_ (String, Ipv4Addr)| {
            self.subnets.get(subnet).map(|subnet| (subnet.standard.id.as_str(), subnet.cidr, *address))
        };
        fixed.filter_map(place).collect()
    }

    fn router_view(&self, router: &Router) -> Value {
        let routes: Vec<Value> = router.routes.iter().map(Route::view).collect();
        router.standard.view(json!({
            "admin_state_up": router.up, "status": "ACTIVE", "availability_zones": [],
            "availability_zone_hints": [], "routes": routes, "flavor_id": null,
            "external_gateway_info": self.gateway_view(&router.standard.id),
        }))
    }

    fn shown_router(&self, status: u16, id: &str) -> Outcome {
        let router = self.routers.get(id).ok_or_else(|| not_found(id))?;
        Ok(Answer::json(status, &json!({KIND.one: self.router_view(router)})))
    }
}

fn not_found(id: &str) -> Refusal {
    Refusal::not_found(format!("Router {id} could not be found")).kind("RouterNotFound")
}

/// 400: what routers do not do.
fn bad_router(what: &str) -> Refusal {
    Refusal::bad_request(format!("Bad router request: {what}.")).kind("BadRequest")
}

pub(super) fn route(networks: &mut Networks, request: &Request<'_>, rest: &[&str]) -> Outcome {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => {
            let seen = networks.routers.values().filter(|router| router.standard.is_seen_by(request.caller));
            list::answer(request.call, &KIND, seen.map(|router| networks.router_view(router)))
        }
        ("POST", []) => create(networks, request),
        ("GET", [id]) => {
            networks.router(id, request.caller)?;
            networks.shown_router(200, id)
        }
        ("PUT", [id]) => update(networks, request, id),
        ("DELETE", [id]) => delete(networks, request, id),
        ("PUT", [id, "add_router_interface"]) => interface::add(networks, request, id),
        ("PUT", [id, "remove_router_interface"]) => interface::remove(networks, request, id),
        ("PUT", [id, "add_extraroutes"]) => table::add(networks, request, id),
        ("PUT", [id, "remove_extraroutes"]) => table::remove(networks, request, id),
        _ => Err(no_route()),
    }
}

fn create(networks: &mut Networks, request: &Request<'_>) -> Outcome {
    let attributes = Attributes::of(request.call, &KIND)?;
    require(request.caller.member, "create_router")?;
    let up = attributes.flag("admin_state_up")?.unwrap_or(true);
    let gateway = Wanted::of(networks, request, &attributes, "create_router")?;
    let standard = Standard::asked(request, &attributes)?;
    networks.check_quota(&request.caller.project_id, Counted::Router)?;
    let id = standard.id.clone();
    networks.routers.insert(id.clone(), Router { standard, up, routes: Vec::new() });
    networks.set_gateway(&id, gateway, request.now);
    networks.shown_router(201, &id)
}

fn update(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    let attributes = Attributes::of(request.call, &KIND)?;
    networks.own_router(id, request.caller, "update_router")?;
    let up = attributes.flag("admin_state_up")?;
    let gateway = Wanted::of(networks, request, &attributes, "update_router")?;
    let routes = attributes.get("routes").map(Route::list).transpose()?;
    if let Some(routes) = &routes {
        networks.check_routes(id, routes)?;
    }
    let router = networks.router_mut(id)?;
    router.standard.change(&attributes, request.now)?;
    router.up = up.unwrap_or(router.up);
    if let Some(routes) = routes {
        router.routes = routes;
    }
    networks.set_gateway(id, gateway, request.now);
    networks.shown_router(200, id)
}

/// Its gateway goes with it; interfaces must be gone before.
fn delete(networks: &mut Networks, request: &Request<'_>, id: &str) -> Outcome {
    networks.own_router(id, request.caller, "delete_router")?;
    let ports = networks.router_ports(id, INTERFACE).map(|port| port.standard.id.as_str());
    let ports: Vec<&str> = ports.collect();
    if !ports.is_empty() {
        let message = format!("Router {id} has ports still attached: {}", ports.join(", "));
        return Err(Refusal::conflict(message).kind("RouterInUse"));
    }
    networks.set_gateway(id, Wanted::None, request.now);
    networks.routers.remove(id);
    Ok(Answer::empty(204))
}
