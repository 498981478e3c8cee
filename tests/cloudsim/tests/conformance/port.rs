//! Neutron: ports that a client makes, and what they keep in use.

use serde_json::{Value, json};

use crate::cloud::Api::Network;
use crate::step::{Step, Who, delete, get, post};

const ONE: &str = "/ports/{p}";

fn shown() -> Value {
    json!({
        "id": "={p}", "name": "=", "tenant_id": "={project}", "project_id": "={project}",
        "network_id": "={network}", "mac_address": "~fa:16:3e:", "admin_state_up": true, "status": "=DOWN",
        "device_id": "=", "device_owner": "=", "fixed_ips": [{"subnet_id": "={subnet}", "ip_address": "~10.77.0."}],
        "security_groups": "list", "description": "str", "tags": "list", "created_at": "str", "updated_at": "str",
        "revision_number": "int", "port_security_enabled": true, "...": "",
    })
}

fn create(ips: Value) -> Step {
    post(Network, "/ports", json!({"port": {"network_id": "{network}", "fixed_ips": ips}}))
}

pub(crate) fn table() -> Vec<Step> {
    let query = |query: &str| get(Network, &format!("/ports?{query}"));
    let taken = json!([{"subnet_id": "{subnet}", "ip_address": "{address}"}]);
    vec![
        create(json!([{"subnet_id": "{subnet}"}])).status(201).save("p", "/port/id"),
        get(Network, ONE)
            .gives(200, json!({"port": shown()}))
            .save("address", "/port/fixed_ips/0/ip_address"),
        query("network_id={network}").gives(200, json!({"ports": [shown()]})),
        query("network_id={network}&fixed_ips=ip_address={address}").gives(200, json!({"ports": [shown()]})),
        query("network_id={network}&device_id={nothing}").gives(200, json!({"ports": []})),
        query("id={p}&fields=id").gives(200, json!({"ports": [{"id": "={p}"}]})),
        query("network_id={network}").by(Who::Stranger).gives(200, json!({"ports": []})),
        create(taken).refused(
            409,
            "IpAddressAlreadyAllocated",
            "IP address {address} already allocated in subnet {subnet}",
        ),
        create(json!([{"subnet_id": "{nothing}"}])).refused(
            404,
            "SubnetNotFound",
            "{nothing} could not be found",
        ),
        delete(Network, "/subnets/{subnet}").refused(
            409,
            "SubnetInUse",
            "One or more ports have an IP allocation from this subnet.",
        ),
        delete(Network, "/networks/{network}").refused(
            409,
            "NetworkInUse",
            "There are one or more ports still in use on the network, id for these ports is: {p}.",
        ),
        get(Network, ONE).by(Who::Stranger).refused(404, "PortNotFound", "Port {p} could not be found."),
        delete(Network, ONE).empty(204),
        delete(Network, ONE).refused(404, "PortNotFound", "Port {p} could not be found."),
    ]
}
