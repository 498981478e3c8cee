//! Neutron: the interfaces of routers.

use serde_json::{Value, json};

use crate::cloud::Api::Network;
use crate::router::create;
use crate::step::{Step, Who, delete, get, post, put};

const ADD: &str = "/routers/{r}/add_router_interface";
const REMOVE: &str = "/routers/{r}/remove_router_interface";

fn add(body: Value) -> Step {
    put(Network, ADD, body)
}

fn remove(body: Value) -> Step {
    put(Network, REMOVE, body)
}

fn bad(step: Step, message: &str) -> Step {
    step.refused(400, "BadRequest", &format!("Bad router request: {message}"))
}

/// A subnet in a network of its own, both kept under their names.
pub(crate) fn subnet(cidr: &str, more: Value, network: &'static str, saved: &'static str) -> [Step; 2] {
    let mut subnet = json!({"network_id": format!("{{{network}}}"), "ip_version": 4, "cidr": cidr});
    if let (Some(subnet), Value::Object(more)) = (subnet.as_object_mut(), more) {
        subnet.extend(more);
    }
    let body = json!({"network": {"name": format!("{{name}}-{network}")}});
    [
        post(Network, "/networks", body).status(201).save(network, "/network/id"),
        post(Network, "/subnets", json!({"subnet": subnet})).status(201).save(saved, "/subnet/id"),
    ]
}

/// An interface in the fixture's subnet.
fn interface() -> Value {
    json!({
        "id": "={r}", "project_id": "={project}", "port_id": "str", "network_id": "={network}",
        "subnet_id": "={subnet}", "subnet_ids": ["={subnet}"],
    })
}

pub(crate) fn table() -> Vec<Step> {
    let mut steps = vec![create(json!({"name": "{name}-r"})).status(201).save("r", "/router/id")];
    steps.extend(subnet("10.77.0.0/25", json!({}), "n2", "overlapping"));
    steps.extend(subnet("10.79.0.0/24", json!({"gateway_ip": null}), "n3", "closed"));
    steps.extend(subnet("10.80.0.0/24", json!({}), "n4", "other"));
    steps.push(add(json!({"subnet_id": "{subnet}"})).gives(200, interface()).save("p", "/port_id"));
    steps.extend(attached());
    steps.extend(refused());
    steps.extend(by_port());
    steps.extend(removed());
    steps
}

fn attached() -> Vec<Step> {
    let port = json!({
        "id": "={p}", "device_id": "={r}", "device_owner": "=network:router_interface", "status": "=ACTIVE",
        "network_id": "={network}", "fixed_ips": [{"subnet_id": "={subnet}", "ip_address": "=10.77.0.1"}],
        "project_id": "={project}", "security_groups": [], "port_security_enabled": false, "...": "",
    });
    let query = |query: &str| get(Network, &format!("/ports?device_id={{r}}{query}"));
    vec![
        query("").gives(200, json!({"ports": [port]})),
        query("&device_owner=network:router_interface&fields=id").gives(200, json!({"ports": [{"id": "={p}"}]})),
        query("").by(Who::Stranger).gives(200, json!({"ports": []})),
        delete(Network, "/ports/{p}").refused(
            409,
            "ServicePortInUse",
            "Port {p} cannot be deleted directly via the port API: has device owner network:router_interface.",
        ),
        delete(Network, "/routers/{r}").refused(409, "RouterInUse", "Router {r} has ports still attached: {p}"),
        delete(Network, "/subnets/{subnet}").refused(409, "SubnetInUse", "One or more ports have an IP"),
        delete(Network, "/networks/{network}").refused(409, "NetworkInUse", "id for these ports is: {p}."),
    ]
}

fn refused() -> Vec<Step> {
    let overlap =
        "Cidr 10.77.0.0/25 of subnet {overlapping} overlaps with cidr 10.77.0.0/24 of subnet {subnet}.";
    let second = put(Network, "/routers/{q}/add_router_interface", json!({"subnet_id": "{subnet}"}));
    vec![
        bad(add(json!({"subnet_id": "{subnet}"})), "Router already has a port on subnet {subnet}."),
        bad(add(json!({"subnet_id": "{overlapping}"})), overlap),
        bad(add(json!({"subnet_id": "{closed}"})), "Subnet for router interface must have a gateway IP."),
        bad(add(json!({})), "Either subnet_id or port_id must be specified."),
        bad(
            add(json!({"subnet_id": "{other}", "port_id": "{p}"})),
            "Cannot specify both subnet-id and port-id.",
        ),
        bad(add(json!({"subnet_id": "x"})), "'x' is not a valid UUID."),
        add(json!({"subnet_id": "{nothing}"})).refused(
            404,
            "SubnetNotFound",
            "{nothing} could not be found.",
        ),
        add(json!({"subnet_id": "{other}"})).by(Who::Stranger).refused(
            404,
            "RouterNotFound",
            "Router {r} could not be found",
        ),
        create(json!({"name": "{name}-q"})).status(201).save("q", "/router/id"),
        second.refused(
            409,
            "IpAddressAlreadyAllocated",
            "IP address 10.77.0.1 already allocated in subnet {subnet}",
        ),
    ]
}

/// A port of the client's own becomes the router's, and goes with the interface.
fn by_port() -> Vec<Step> {
    let port = json!({"port": {"network_id": "{n4}", "fixed_ips": [{"subnet_id": "{other}"}]}});
    let taken = "for network {n4}. Port already has an attached device {r}.";
    vec![
        post(Network, "/ports", port).status(201).save("own", "/port/id"),
        add(json!({"port_id": "{own}"})).gives(
            200,
            json!({"port_id": "={own}", "subnet_id": "={other}", "network_id": "={n4}", "...": ""}),
        ),
        get(Network, "/ports/{own}").gives(
            200,
            json!({"port": {"device_id": "={r}", "device_owner": "=network:router_interface", "...": ""}}),
        ),
        add(json!({"port_id": "{own}"})).refused(409, "PortInUse", taken),
        add(json!({"port_id": "{nothing}"})).refused(404, "PortNotFound", "{nothing} could not be found."),
        remove(json!({"port_id": "{own}", "subnet_id": "{subnet}"})).refused(
            400,
            "SubnetMismatchForPort",
            "Subnet on port {own} does not match the requested subnet {subnet}.",
        ),
        remove(json!({"port_id": "{own}"}))
            .gives(200, json!({"port_id": "={own}", "subnet_id": "={other}", "...": ""})),
        get(Network, "/ports/{own}").refused(404, "PortNotFound", "{own} could not be found."),
    ]
}

fn removed() -> Vec<Step> {
    let none = |subnet: &str| format!("Router {{r}} has no interface on subnet {{{subnet}}}");
    vec![
        remove(json!({"subnet_id": "{other}"})).refused(
            404,
            "RouterInterfaceNotFoundForSubnet",
            &none("other"),
        ),
        remove(json!({"port_id": "{own}"})).refused(
            404,
            "RouterInterfaceNotFound",
            "Router {r} does not have an interface with id {own}",
        ),
        remove(json!({"subnet_id": "{nothing}"})).refused(
            404,
            "SubnetNotFound",
            "{nothing} could not be found.",
        ),
        bad(remove(json!({})), "Either subnet_id or port_id must be specified."),
        remove(json!({"subnet_id": "{subnet}"})).gives(200, interface()),
        remove(json!({"subnet_id": "{subnet}"})).refused(
            404,
            "RouterInterfaceNotFoundForSubnet",
            &none("subnet"),
        ),
        get(Network, "/ports?device_id={r}").gives(200, json!({"ports": []})),
        delete(Network, "/routers/{r}").empty(204),
    ]
}
