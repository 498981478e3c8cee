//! Share networks: which Neutron network the share servers of a project are on. Nobody looks whether it exists
//! until a share needs a server there.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Step, body_object, micros, text};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::neutron::Device;
use crate::query::limit;
use crate::webob;
use crate::world::{Event, World, uuid};

/// The microversions that added fields.
const ALLOCATION: u16 = 70;
const METADATA: u16 = 78;

pub(super) struct ShareNetwork {
    pub(super) id: String,
    pub(super) name: Option<String>,
    description: Option<String>,
    pub(super) project_id: String,
    /// The part that is bound to Neutron; here there is one.
    subnet_id: String,
    neutron_network: Option<String>,
    neutron_subnet: Option<String>,
    server: Option<Server>,
    created: Timestamp,
    updated: Option<Timestamp>,
}

/// A share server.
struct Server {
    id: String,
    addresses: Vec<String>,
}

impl ShareNetwork {
    fn view(&self, world: &World, minor: u16) -> Value {
        let mut subnet = json!({
            "id": self.subnet_id, "availability_zone": null, "created_at": micros(self.created),
            "updated_at": self.updated.map(micros), "segmentation_id": null,
            "neutron_net_id": self.neutron_network, "neutron_subnet_id": self.neutron_subnet, "ip_version": null,
            "cidr": null, "network_type": null, "mtu": null, "gateway": null,
        });
        if let (Some(_), Some(id)) = (&self.server, &self.neutron_subnet)
            && let Some(facts) = world.networks.subnet_facts(id)
        {
            (subnet["ip_version"], subnet["cidr"]) = (json!(4), json!(facts.cidr));
            (subnet["mtu"], subnet["gateway"]) = (json!(facts.mtu), json!(facts.gateway));
        }
        if minor >= METADATA {
            subnet["metadata"] = json!({});
        }
        let mut view = json!({
            "id": self.id, "name": self.name, "project_id": self.project_id, "created_at": micros(self.created),
            "updated_at": null, "description": self.description, "share_network_subnets": [subnet],
            "status": "active", "security_service_update_support": true,
        });
        if minor >= ALLOCATION {
            view["network_allocation_update_support"] = json!(true);
        }
        view
    }
}

pub(super) fn find<'a>(world: &'a World, caller: &Caller, id: &str) -> Result<&'a ShareNetwork, Refusal> {
    let seen = |network: &&ShareNetwork| caller.admin || network.project_id == caller.project_id;
    let missing = || Refusal::not_found(format!("Share network {id} could not be found."));
    world.shares.networks.get(id).filter(seen).ok_or_else(missing)
}

pub(super) fn route(world: &mut World, call: &Call, caller: &Caller, minor: u16, rest: &[&str]) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => list(world, call, caller, |network| json!({"id": network.id, "name": network.name})),
        ("GET", ["detail"]) => list(world, call, caller, |network| network.view(world, minor)),
        ("POST", []) => create(world, call, caller, minor),
        ("GET", [id]) => {
            require(caller.reader, "show")?;
            let view = find(world, caller, id)?.view(world, minor);
            Ok(Answer::json(200, &json!({"share_network": view})))
        }
        ("DELETE", [id]) => delete(world, caller, id),
        _ => Ok(webob::no_route(call)),
    }
}

fn require(allowed: bool, rule: &str) -> Result<(), Refusal> {
    if allowed {
        return Ok(());
    }
    Err(Refusal::forbidden(format!("Policy doesn't allow share_network:{rule} to be performed.")))
}

fn list(world: &World, call: &Call, caller: &Caller, view: impl Fn(&ShareNetwork) -> Value) -> Outcome {
    require(caller.reader, "index")?;
    let limit = limit(call)?.unwrap_or(usize::MAX);
    let wanted = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
    let everywhere = caller.admin && matches!(call.query("all_tenants"), Some("1" | "true" | "True"));
    let chosen = world.shares.networks.values().filter(|network| {
        (everywhere || network.project_id == caller.project_id)
            && wanted("project_id", &network.project_id)
            && wanted("description", network.description.as_deref().unwrap_or_default())
            && wanted("name", network.name.as_deref().unwrap_or_default())
            && wanted("neutron_net_id", network.neutron_network.as_deref().unwrap_or_default())
            && wanted("neutron_subnet_id", network.neutron_subnet.as_deref().unwrap_or_default())
    });
    let views: Vec<Value> = chosen.take(limit).map(view).collect();
    Ok(Answer::json(200, &json!({"share_networks": views})))
}

fn create(world: &mut World, call: &Call, caller: &Caller, minor: u16) -> Outcome {
    require(caller.member, "create")?;
    let body = body_object(call, "share_network")?;
    let (neutron_network, neutron_subnet) = (text(&body, "neutron_net_id"), text(&body, "neutron_subnet_id"));
    if neutron_network.is_some() != neutron_subnet.is_some() {
        return Err(Refusal::bad_request(
            "When creating a new share network subnet you need to specify both neutron_net_id and neutron_subnet_id \
             or none of them.",
        ));
    }
    world.shares.check_network(&caller.project_id)?;
    let name = text(&body, "name");
    if name.as_ref().is_some_and(|name| name.chars().count() > 255) {
        return Err(Refusal::new(500, "Could not create share network."));
    }
    let network = ShareNetwork {
        id: uuid(),
        name,
        description: text(&body, "description"),
        project_id: caller.project_id.clone(),
        subnet_id: uuid(),
        neutron_network,
        neutron_subnet,
        server: None,
        created: world.now,
        updated: None,
    };
    let answer = Answer::json(200, &json!({"share_network": network.view(world, minor)}));
    world.shares.networks.insert(network.id.clone(), network);
    Ok(answer)
}

/// It is gone at once; its server's ports go a moment later.
fn delete(world: &mut World, caller: &Caller, id: &str) -> Outcome {
    require(caller.member, "delete")?;
    find(world, caller, id)?;
    let shares = world.shares.shares.values().filter(|share| share.network_id == id).count();
    if shares > 0 {
        let message = format!("Can not delete share network {id}, it has {shares} share(s).");
        return Err(Refusal::conflict(message));
    }
    if let Some(server) = world.shares.networks.remove(id).and_then(|network| network.server) {
        let event = Event::Share { id: server.id, step: Step::Unplugged };
        world.later(world.timing.share_delete_ms, event);
    }
    Ok(Answer::text(202, "text/html; charset=UTF-8", ""))
}

/// Those of its share server, which is made where there is none yet; `None` where Neutron has no place for it.
pub(super) fn addresses(world: &mut World, id: &str) -> Option<Vec<String>> {
    let now = world.now;
    let network = world.shares.networks.get_mut(id)?;
    if let Some(server) = &network.server {
        return Some(server.addresses.clone());
    }
    let (on, subnet) = (network.neutron_network.as_ref()?, network.neutron_subnet.as_ref()?);
    let server = uuid();
    let device = Device { id: &server, project_id: &network.project_id, groups: &[] };
    let addresses = world.networks.plug_share_server(on, subnet, &device, now)?;
    network.server = Some(Server { id: server, addresses: addresses.clone() });
    network.updated = Some(now);
    Some(addresses)
}
