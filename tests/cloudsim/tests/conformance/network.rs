//! Neutron: the networks and subnets that servers need.

use serde_json::{Value, json};

use crate::cloud::Api::Network;
use crate::step::{Step, Who, delete, get, post};

fn network() -> Value {
    json!({
        "id": "str", "name": "str", "tenant_id": "str", "project_id": "str", "admin_state_up": true, "mtu": "int",
        "status": "=ACTIVE", "subnets": "list", "shared": false, "router:external": false, "description": "str",
        "tags": "list", "created_at": "str", "updated_at": "str", "revision_number": "int",
        "availability_zones": "list", "port_security_enabled": true, "...": "",
    })
}

fn subnet() -> Value {
    json!({
        "id": "str", "name": "str", "tenant_id": "str", "project_id": "str", "network_id": "str", "ip_version": 4,
        "enable_dhcp": true, "gateway_ip": "=10.78.0.1", "cidr": "=10.78.0.0/24",
        "allocation_pools": [{"start": "=10.78.0.2", "end": "=10.78.0.254"}], "host_routes": "list",
        "dns_nameservers": "list", "created_at": "str", "updated_at": "str", "...": "",
    })
}

fn error(step: Step, status: u16, kind: &str, message: &str) -> Step {
    let error = json!({"type": format!("={kind}"), "message": format!("~{message}"), "detail": "str"});
    step.gives(status, json!({"NeutronError": error}))
}

pub(crate) fn table() -> Vec<Step> {
    let subnet_of = |network: &str, cidr: &str| {
        post(Network, "/subnets", json!({"subnet": {"network_id": network, "ip_version": 4, "cidr": cidr}}))
    };
    let absent = |step: Step| error(step, 404, "NetworkNotFound", "could not be found");
    vec![
        post(Network, "/networks", json!({"network": {"name": "{name}-n"}}))
            .gives(201, json!({"network": network()}))
            .save("n", "/network/id"),
        subnet_of("{n}", "10.78.0.0/24").gives(201, json!({"subnet": subnet()})).save("s", "/subnet/id"),
        get(Network, "/networks/{n}").gives(200, json!({"network": network()})),
        get(Network, "/networks?name={name}-n").gives(200, json!({"networks": [network()]})),
        get(Network, "/subnets/{s}").gives(200, json!({"subnet": subnet()})),
        get(Network, "/subnets?project_id={project}&name=").gives(200, json!({"subnets": "list"})),
        get(Network, "/subnets?network_id={n}").gives(200, json!({"subnets": [subnet()]})),
        absent(get(Network, "/networks/{n}").by(Who::Stranger)),
        absent(get(Network, "/networks/{nothing}")),
        absent(delete(Network, "/networks/{nothing}")),
        absent(subnet_of("{nothing}", "10.78.0.0/24")),
        error(subnet_of("{n}", "10.78.0.0/25"), 400, "InvalidInput", "overlaps with another subnet"),
        error(subnet_of("{n}", "bad"), 400, "InvalidInput", "bad is not in a CIDR format"),
        error(post(Network, "/networks", json!({"network": {"colour": 1}})), 400, "HTTPBadRequest", "colour"),
        error(post(Network, "/networks", json!({})), 400, "HTTPBadRequest", "Unable to find 'network'"),
        error(
            post(Network, "/networks", json!({"network": {"name": "x"}})).by(Who::Roleless),
            403,
            "PolicyNotAuthorized",
            "rule:create_network is disallowed by policy",
        ),
        get(Network, "/networks?project_id={project}").by(Who::Roleless).gives(200, json!({"networks": []})),
        error(get(Network, "/nothing"), 404, "HTTPNotFound", "The resource could not be found."),
        delete(Network, "/subnets/{s}").empty(204),
        error(delete(Network, "/subnets/{s}"), 404, "SubnetNotFound", "could not be found"),
        delete(Network, "/networks/{n}").empty(204),
        absent(get(Network, "/networks/{n}")),
    ]
}
