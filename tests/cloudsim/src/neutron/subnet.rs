//! Subnets.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cidr::Cidr;
use super::{FIRST_HOST, Networks, body_object, require};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::{seconds, uuid};

pub(super) struct Subnet {
    pub(super) id: String,
    name: String,
    project_id: String,
    pub(super) network_id: String,
    pub(super) cidr: Cidr,
    enable_dhcp: bool,
    created: Timestamp,
    /// What the next server gets, until they are used up.
    pub(super) next_host: u32,
}

impl Subnet {
    pub(super) fn view(&self) -> Value {
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

impl Networks {
    pub(super) fn add_subnet(
        &mut self,
        name: &str,
        network: &str,
        project: &str,
        cidr: Cidr,
        now: Timestamp,
    ) -> String {
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

    pub(super) fn subnet(&self, id: &str, caller: &Caller) -> Result<&Subnet, Refusal> {
        let subnet = self.subnets.get(id).filter(|subnet| self.network(&subnet.network_id, caller).is_ok());
        let message = format!("Subnet {id} could not be found.");
        subnet.ok_or_else(|| Refusal::not_found(message).kind("SubnetNotFound"))
    }
}

pub(super) fn list(networks: &Networks, call: &Call, caller: &Caller) -> Answer {
    let wanted = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
    let seen = networks.subnets.values().filter(|subnet| {
        networks.network(&subnet.network_id, caller).is_ok()
            && wanted("network_id", &subnet.network_id)
            && wanted("name", &subnet.name)
            && wanted("project_id", &subnet.project_id)
            && wanted("tenant_id", &subnet.project_id)
    });
    Answer::json(200, &json!({"subnets": seen.map(Subnet::view).collect::<Vec<_>>()}))
}

pub(super) fn create(networks: &mut Networks, call: &Call, caller: &Caller, now: Timestamp) -> Outcome {
    let known = ["name", "network_id", "ip_version", "cidr", "enable_dhcp", "description", "gateway_ip"];
    let body = body_object(call, "subnet", &known)?;
    require(caller.member, "create_subnet")?;
    let invalid = |what: String| {
        Refusal::bad_request(format!("Invalid input for operation: {what}.")).kind("InvalidInput")
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let cidr = Cidr::parse(text("cidr"))
        .ok_or_else(|| invalid(format!("{} is not in a CIDR format", text("cidr"))))?;
    let network_id = text("network_id");
    require(networks.network(network_id, caller)?.is_changed_by(caller), "create_subnet")?;
    let others = networks.subnets.values().filter(|subnet| subnet.network_id == network_id);
    if others.into_iter().any(|subnet| subnet.cidr.overlaps(cidr)) {
        let cidr = text("cidr");
        return Err(invalid(format!(
            "Requested subnet with cidr: {cidr} for network: {network_id} overlaps with another subnet"
        )));
    }
    let id = networks.add_subnet(text("name"), network_id, &caller.project_id, cidr, now);
    networks.touch(network_id, now);
    Ok(Answer::json(201, &json!({"subnet": networks.subnet(&id, caller)?.view()})))
}

pub(super) fn delete(networks: &mut Networks, caller: &Caller, id: &str) -> Outcome {
    let network_id = networks.subnet(id, caller)?.network_id.clone();
    require(networks.network(&network_id, caller)?.is_changed_by(caller), "delete_subnet")?;
    if networks.ports.values().any(|port| port.subnet_id == id) {
        let message = format!(
            "Unable to complete operation on subnet {id}: One or more ports have an IP allocation from this subnet."
        );
        return Err(Refusal::conflict(message).kind("SubnetInUse"));
    }
    networks.subnets.remove(id);
    Ok(Answer::empty(204))
}
