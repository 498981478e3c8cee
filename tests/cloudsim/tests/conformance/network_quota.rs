//! Neutron: quotas, and what is over them: a 409 like a clash of names, told apart by its type.

use serde_json::{Value, json};

use crate::cloud::Api::Network;
use crate::step::{Step, Who, delete, get, post, put};

const QUOTA: &str = "/quotas/{project}";

fn limits(quota: Value) -> Step {
    put(Network, QUOTA, json!({"quota": quota})).by(Who::Admin)
}

fn over(step: Step, name: &str) -> Step {
    step.refused(409, "OverQuota", &format!("Quota exceeded for resources: ['{name}']."))
}

fn rule(port: u32) -> Value {
    json!({
        "security_group_id": "{g}", "direction": "egress", "protocol": "tcp", "port_range_min": port,
        "port_range_max": port,
    })
}

pub(crate) fn table() -> Vec<Step> {
    let group = || post(Network, "/security-groups", json!({"security_group": {"name": "{name}-g"}}));
    let router = || post(Network, "/routers", json!({"router": {"name": "{name}-r"}}));
    let port = || post(Network, "/ports", json!({"port": {"network_id": "{network}"}}));
    let network = post(Network, "/networks", json!({"network": {"name": "{name}-n"}}));
    let subnet = json!({"subnet": {"network_id": "{network}", "ip_version": 4, "cidr": "10.78.0.0/24"}});
    let mut steps = shown();
    steps.extend([
        // The fixture has a network and a subnet; the default group has four rules.
        limits(json!({"network": 1, "subnet": 1, "port": 1, "router": 1, "security_group": 2})).status(200),
        over(network, "network"),
        over(post(Network, "/subnets", subnet), "subnet"),
        port().status(201),
        over(port(), "port"),
        router().status(201),
        over(router(), "router"),
        group().status(201).save("g", "/security_group/id"),
        over(group(), "security_group"),
    ]);
    steps.extend(rules());
    steps.push(delete(Network, QUOTA).by(Who::Admin).empty(204));
    steps
}

fn shown() -> Vec<Step> {
    let quota = json!({
        "network": 100, "subnet": 100, "subnetpool": -1, "port": 500, "router": 10, "router_route": 30,
        "floatingip": 50, "rbac_policy": 10, "security_group": 10, "security_group_rule": 100,
    });
    vec![
        get(Network, QUOTA).gives(200, json!({"quota": quota})),
        limits(json!({"colour": 1})).refused(400, "HTTPBadRequest", "Unrecognized attribute(s) 'colour'"),
        limits(json!({"network": -2})).refused(
            400,
            "HTTPBadRequest",
            "Invalid input for network. Reason: '-2' is too small - must be at least '-1'.",
        ),
        limits(json!({"network": "x"})).refused(400, "InvalidInput", "'x' is not an integer."),
        limits(json!({"network": 1})).by(Who::Tenant).refused(
            403,
            "PolicyNotAuthorized",
            "rule:update_quota is disallowed by policy",
        ),
    ]
}

/// Two groups have six rules: of two more that come together, neither is made.
fn rules() -> Vec<Step> {
    let name = "security_group_rule";
    let many = || post(Network, "/security-group-rules", json!({"security_group_rules": [rule(1), rule(2)]}));
    let one = |port: u32| post(Network, "/security-group-rules", json!({"security_group_rule": rule(port)}));
    vec![
        limits(json!({"security_group_rule": 7}))
            .gives(200, json!({"quota": {"security_group_rule": 7, "...": ""}})),
        over(many(), name),
        one(1).status(201),
        over(one(2), name),
    ]
}
