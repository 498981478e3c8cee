//! Neutron: the rules of security groups.

use serde_json::{Map, Value, json};

use crate::cloud::Api::Network;
use crate::step::{Step, Who, delete, get, post};

const RULES: &str = "/security-group-rules";
const ONE: &str = "/security-group-rules/{r}";

/// A rule of `{g}` for TCP that comes in, but for what `more` says.
fn rule(more: Value) -> Value {
    let mut rule = json!({"security_group_id": "{g}", "direction": "ingress", "protocol": "tcp"});
    if let (Some(rule), Value::Object(more)) = (rule.as_object_mut(), more) {
        rule.extend(more);
    }
    rule
}

fn create(more: Value) -> Step {
    post(Network, RULES, json!({"security_group_rule": rule(more)}))
}

fn bulk(rules: &[Value]) -> Step {
    let rules: Vec<Value> = rules.iter().cloned().map(rule).collect();
    post(Network, RULES, json!({"security_group_rules": rules}))
}

/// A range of TCP's ports.
fn ports(min: u32, max: u32) -> Value {
    json!({"port_range_min": min, "port_range_max": max})
}

/// As it is shown, but for what `more` says.
fn shown(more: Value) -> Value {
    let mut rule = json!({
        "id": "str", "project_id": "={project}", "tenant_id": "={project}", "security_group_id": "={g}",
        "ethertype": "=IPv4", "direction": "=ingress", "protocol": "=tcp", "port_range_min": null,
        "port_range_max": null, "remote_ip_prefix": null, "normalized_cidr": null, "remote_group_id": null,
        "remote_address_group_id": null, "belongs_to_default_sg": false, "description": "str",
        "created_at": "str", "updated_at": "str", "revision_number": "int",
    });
    if let (Some(rule), Value::Object(more)) = (rule.as_object_mut(), more) {
        rule.extend(more);
    }
    rule
}

fn made(more: Value, shows: Value) -> Step {
    create(more).gives(201, json!({"security_group_rule": shown(shows)}))
}

pub(crate) fn table() -> Vec<Step> {
    let group = json!({"security_group": {"name": "{name}-g"}});
    let mut steps =
        vec![post(Network, "/security-groups", group).status(201).save("g", "/security_group/id")];
    steps.extend(accepted());
    steps.extend(duplicates());
    steps.extend(many());
    steps.extend(wrong_ports());
    steps.extend(wrong_values());
    steps.extend(missing());
    steps.extend(looked_at());
    steps
}

fn accepted() -> Vec<Step> {
    let written = json!({
        "port_range_min": 80, "port_range_max": 90, "remote_ip_prefix": "=10.0.0.7/8",
        "normalized_cidr": "=10.0.0.0/8", "description": "=web",
    });
    let mut web = ports(80, 90);
    web["remote_ip_prefix"] = json!("10.0.0.7/8");
    web["description"] = json!("web");
    let address = json!({"remote_ip_prefix": "=10.9.9.9/32", "normalized_cidr": "=10.9.9.9/32"});
    let ping = json!({"protocol": "=icmp", "port_range_min": 8, "port_range_max": 0});
    vec![
        made(web, written).save("r", "/security_group_rule/id"),
        made(json!({"remote_ip_prefix": "10.9.9.9"}), address),
        made(json!({"protocol": "icmp", "port_range_min": 8, "port_range_max": 0}), ping),
        made(json!({"protocol": "any"}), json!({"protocol": null})).save("any", "/security_group_rule/id"),
        made(json!({"remote_group_id": "{g}"}), json!({"remote_group_id": "={g}"})),
        made(
            json!({"protocol": "icmpv6", "ethertype": "ipv6"}),
            json!({"protocol": "=ipv6-icmp", "ethertype": "=IPv6"}),
        ),
        made(
            json!({"direction": "egress", "protocol": "UDP"}),
            json!({"direction": "=egress", "protocol": "=udp"}),
        ),
    ]
}

/// What says the same in other words is there already; a prefix is compared as it was written.
fn duplicates() -> Vec<Step> {
    let exists = |more: Value, id: &str| {
        let message = format!("Security group rule already exists. Rule id is {{{id}}}.");
        create(more).refused(409, "SecurityGroupRuleExists", &message)
    };
    let web = |protocol: Value, prefix: &str| {
        let mut web = ports(80, 90);
        web["protocol"] = protocol;
        web["remote_ip_prefix"] = json!(prefix);
        web
    };
    vec![
        exists(web(json!("tcp"), "10.0.0.7/8"), "r"),
        exists(web(json!("TCP"), "10.0.0.7/8"), "r"),
        exists(web(json!(6), "10.0.0.7/8"), "r"),
        create(web(json!("tcp"), "10.0.0.0/8")).status(201),
        exists(json!({"protocol": null}), "any"),
        exists(json!({"protocol": null, "remote_ip_prefix": "0.0.0.0/0"}), "any"),
    ]
}

/// All of them or none.
fn many() -> Vec<Step> {
    let listed = |port: u32| get(Network, &format!("{RULES}?security_group_id={{g}}&port_range_min={port}"));
    let none = |port: u32| listed(port).gives(200, json!({"security_group_rules": []}));
    let other = json!({"security_group_id": "{h}", "port_range_min": 7, "port_range_max": 7});
    vec![
        bulk(&[ports(1, 1), ports(2, 2)])
            .gives(201, json!({"security_group_rules": [shown(json!({"port_range_min": "int", "port_range_max": "int"}))]})),
        bulk(&[ports(3, 3), ports(1, 1)]).refused(409, "SecurityGroupRuleExists", "already exists. Rule id is"),
        none(3),
        bulk(&[ports(4, 4), ports(4, 4)]).refused(
            409,
            "DuplicateSecurityGroupRuleInPost",
            "Duplicate Security Group Rule in POST.",
        ),
        bulk(&[ports(5, 5), ports(9, 6)]).refused(400, "SecurityGroupInvalidPortRange", "port_range_min must be"),
        none(5),
        bulk(&[]).refused(400, "HTTPBadRequest", "Resources required"),
        post(Network, "/security-groups", json!({"security_group": {"name": "{name}-h"}}))
            .status(201)
            .save("h", "/security_group/id"),
        bulk(&[ports(7, 7), other]).refused(
            400,
            "SecurityGroupNotSingleGroupRules",
            "Only allowed to update rules for one security profile at a time",
        ),
    ]
}

fn wrong_ports() -> Vec<Step> {
    let bad = |more: Value, kind: &str, message: &str| create(more).refused(400, kind, message);
    let order = "For TCP/UDP protocols, port_range_min must be <= port_range_max";
    let range = |more: Value| bad(more, "SecurityGroupInvalidPortRange", order);
    let port = |more: Value, port: &str| {
        bad(more, "SecurityGroupInvalidPortValue", &format!("Invalid value for port {port}"))
    };
    let icmp = |min: Value, max: Value, kind: &str, message: &str| {
        bad(json!({"protocol": "icmp", "port_range_min": min, "port_range_max": max}), kind, message)
    };
    let of = |protocol: Value| json!({"protocol": protocol, "port_range_min": 1, "port_range_max": 2});
    let needed = "Must also specify protocol if port range is given.";
    vec![
        range(ports(90, 80)),
        range(json!({"port_range_min": 90})),
        range(json!({"port_range_max": 90})),
        port(ports(0, 65_535), "0"),
        port(ports(1, 65_536), "65536"),
        port(json!({"port_range_min": -1, "port_range_max": 5}), "-1"),
        port(json!({"port_range_min": "a", "port_range_max": 5}), "a"),
        icmp(
            json!(80),
            json!(300),
            "SecurityGroupInvalidIcmpValue",
            "ICMP code (port_range_max) 300. It must be",
        ),
        icmp(
            json!(300),
            json!(null),
            "SecurityGroupInvalidIcmpValue",
            "ICMP type (port_range_min) 300. It must be",
        ),
        icmp(json!(null), json!(3), "SecurityGroupMissingIcmpType", "ICMP type (port-range-min) is missing."),
        bad(
            of(json!("50")),
            "SecurityGroupInvalidProtocolForPort",
            "Ports cannot be specified for protocol 50.",
        ),
        bad(of(json!(null)), "SecurityGroupProtocolRequiredWithPorts", needed),
        bad(of(json!("any")), "SecurityGroupProtocolRequiredWithPorts", needed),
    ]
}

fn wrong_values() -> Vec<Step> {
    let bad = |more: Value, kind: &str, message: &str| create(more).refused(400, kind, message);
    let protocol = |protocol: &str| {
        let message =
            format!("Security group rule protocol {protocol} not supported. Only protocol values (None,");
        bad(json!({"protocol": protocol}), "SecurityGroupRuleInvalidProtocol", &message)
    };
    let prefix = |ethertype: &str, prefix: &str| json!({"ethertype": ethertype, "remote_ip_prefix": prefix});
    let conflict = |ethertype: &str, cidr: &str| {
        let message = format!("Conflicting value ethertype {ethertype} for CIDR {cidr}");
        bad(prefix(ethertype, cidr), "SecurityGroupRuleParameterConflict", &message)
    };
    let cidr = |cidr: &str| {
        let message = format!("Invalid CIDR {cidr} given as IP prefix.");
        bad(prefix("IPv4", cidr), "InvalidCIDR", &message)
    };
    vec![
        protocol("bogus"),
        protocol("256"),
        protocol(""),
        conflict("IPv6", "10.0.0.0/8"),
        conflict("IPv4", "fd00::/8"),
        cidr("bad"),
        cidr("10.0.0.0/40"),
        bad(json!({"direction": "sideways"}), "HTTPBadRequest", "sideways is not in valid_values."),
        bad(
            json!({"ethertype": "IPv5"}),
            "SecurityGroupRuleInvalidEtherType",
            "for ethertype 'IPv5' not supported.",
        ),
        bad(
            json!({"protocol": "icmpv6"}),
            "SecurityGroupEthertypeConflictWithProtocol",
            "Invalid ethertype IPv4 for protocol icmpv6.",
        ),
        bad(
            json!({"remote_group_id": "{g}", "remote_ip_prefix": "10.0.0.0/8"}),
            "SecurityGroupMultipleRemoteEntites",
            "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.",
        ),
        bad(json!({"tags": ["a"]}), "HTTPBadRequest", "Unrecognized attribute(s) 'tags'"),
    ]
}

fn missing() -> Vec<Step> {
    vec![
        incomplete("security_group_id"),
        incomplete("direction"),
        create(json!({"remote_group_id": "{nothing}"})).refused(
            404,
            "SecurityGroupNotFound",
            "does not exist",
        ),
        create(json!({"security_group_id": "{nothing}"})).refused(
            404,
            "SecurityGroupNotFound",
            "does not exist",
        ),
        create(json!({})).by(Who::Stranger).refused(
            403,
            "PolicyNotAuthorized",
            "rule:create_security_group_rule is disallowed by policy",
        ),
    ]
}

fn incomplete(without: &str) -> Step {
    let whole = rule(json!({}));
    let part: Map<String, Value> =
        whole.as_object().into_iter().flatten().filter(|(name, _)| *name != without).map(owned).collect();
    let message = format!("Failed to parse request. Required attribute '{without}' not specified");
    post(Network, RULES, json!({"security_group_rule": part})).refused(400, "HTTPBadRequest", &message)
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

fn looked_at() -> Vec<Step> {
    let query = |query: &str| get(Network, &format!("{RULES}?security_group_id={{g}}&{query}"));
    let web = || json!({"id": "={r}", "description": "=web", "...": ""});
    let hidden =
        |step: Step| step.by(Who::Stranger).refused(404, "HTTPNotFound", "The resource could not be found.");
    let gone =
        |step: Step| step.refused(404, "SecurityGroupRuleNotFound", "Security group rule {r} does not exist");
    vec![
        query("description=web").gives(200, json!({"security_group_rules": [web()]})),
        query("id={r}&direction=ingress&protocol=tcp").gives(200, json!({"security_group_rules": [web()]})),
        query("id={r}&direction=egress").gives(200, json!({"security_group_rules": []})),
        query("").by(Who::Stranger).gives(200, json!({"security_group_rules": []})),
        get(Network, ONE).gives(200, json!({"security_group_rule": web()})),
        hidden(get(Network, ONE)),
        hidden(delete(Network, ONE)),
        delete(Network, ONE).empty(204),
        gone(get(Network, ONE)),
        gone(delete(Network, ONE)),
    ]
}
