//! Networks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::subnet::Subnet;
use super::{Networks, body_object, require};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::{seconds, uuid};

pub(super) struct Network {
    pub(super) id: String,
    pub(super) name: String,
    description: String,
    pub(super) project_id: String,
    pub(super) shared: bool,
    created: Timestamp,
    updated: Timestamp,
    revision: u64,
}

impl Network {
    pub(super) fn new(name: &str, project_id: &str, shared: bool, now: Timestamp) -> Self {
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

    /// Whether the caller may change it, and not only see it.
    pub(super) fn is_changed_by(&self, caller: &Caller) -> bool {
        caller.admin || caller.member && self.project_id == caller.project_id
    }

    pub(super) fn view(&self, subnets: &BTreeMap<String, Subnet>) -> Value {
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

impl Networks {
    fn sees(&self, network: &Network, caller: &Caller) -> bool {
        caller.admin || network.shared || caller.reader && network.project_id == caller.project_id
    }

    pub(super) fn network(&self, id: &str, caller: &Caller) -> Result<&Network, Refusal> {
        let network = self.networks.get(id).filter(|network| self.sees(network, caller));
        let message = format!("Network {id} could not be found.");
        network.ok_or_else(|| Refusal::not_found(message).kind("NetworkNotFound"))
    }

    /// The network has changed.
    pub(super) fn touch(&mut self, id: &str, now: Timestamp) {
        if let Some(network) = self.networks.get_mut(id) {
            network.revision += 1;
            network.updated = now;
        }
    }
}

pub(super) fn list(networks: &Networks, call: &Call, caller: &Caller) -> Answer {
    let wanted = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
    let seen = networks.networks.values().filter(|network| {
        networks.sees(network, caller)
            && wanted("name", &network.name)
            && wanted("id", &network.id)
            && wanted("project_id", &network.project_id)
            && wanted("tenant_id", &network.project_id)
            && wanted("shared", if network.shared { "true" } else { "false" })
    });
    let seen: Vec<Value> = seen.map(|network| network.view(&networks.subnets)).collect();
    Answer::json(200, &json!({"networks": seen}))
}

pub(super) fn create(networks: &mut Networks, call: &Call, caller: &Caller, now: Timestamp) -> Outcome {
    let body = body_object(call, "network", &["name", "description", "admin_state_up", "shared", "mtu"])?;
    require(caller.member, "create_network")?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let shared = body.get("shared").and_then(Value::as_bool).unwrap_or(false);
    require(!shared || caller.admin, "create_network:shared")?;
    let mut network = Network::new(text("name"), &caller.project_id, shared, now);
    text("description").clone_into(&mut network.description);
    let answer = Answer::json(201, &json!({"network": network.view(&networks.subnets)}));
    networks.networks.insert(network.id.clone(), network);
    Ok(answer)
}

pub(super) fn delete(networks: &mut Networks, caller: &Caller, id: &str) -> Outcome {
    require(networks.network(id, caller)?.is_changed_by(caller), "delete_network")?;
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
