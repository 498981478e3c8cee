//! Nova: a server's security groups, and the actions that change them.

use serde_json::{Value, json};

use crate::cloud::Api::{Compute, Network};
use crate::compute::{active, server};
use crate::step::{Step, Who, delete, get, post};

const GROUPS: &str = "/servers/{s}/os-security-groups";

fn act(server: &str, action: &str, argument: Value) -> Step {
    post(Compute, &format!("/servers/{{{server}}}/action"), json!({action: argument}))
}

fn add(group: &str) -> Step {
    act("s", "addSecurityGroup", json!({"name": group}))
}

fn remove(group: &str) -> Step {
    act("s", "removeSecurityGroup", json!({"name": group}))
}

/// Makes one and keeps its id under its name.
fn group(name: &str, saved: &'static str) -> Step {
    let body = json!({"security_group": {"name": name}});
    post(Network, "/security-groups", body).status(201).save(saved, "/security_group/id")
}

/// What the server's only port and the server itself say of its groups.
fn is_in(ids: Value, names: Value) -> [Step; 2] {
    [
        get(Network, "/ports?device_id={s}").gives(
            200,
            json!({"ports": [{"security_groups": ids, "device_owner": "=compute:nova", "...": ""}]}),
        ),
        get(Compute, "/servers/{s}").gives(200, json!({"server": {"security_groups": names, "...": ""}})),
    ]
}

fn only(name: &str) -> Value {
    json!([{"name": format!("={name}")}])
}

pub(crate) fn table() -> Vec<Step> {
    let mut steps = vec![group("{name}-g", "g"), group("{name}-twin", "twin"), group("{name}-twin", "other")];
    steps.extend(active("s"));
    steps.extend(is_in(json!(["str"]), only("default")));
    steps.extend(shown());
    steps.push(remove("default").empty(202));
    steps.extend([get(Compute, GROUPS).gives(200, json!({"security_groups": []})), add("{g}").empty(202)]);
    steps.extend(is_in(json!(["={g}"]), only("{name}-g")));
    steps.extend(refused());
    steps.extend([
        delete(Network, "/security-groups/{g}").refused(409, "SecurityGroupInUse", "{g} in use"),
        remove("{name}-g").empty(202),
        remove("{g}").fails(404, "Security group {g} not associated with the instance {s}"),
        add("{twin}").empty(202),
    ]);
    steps.extend(is_in(json!(["={twin}"]), only("{name}-twin")));
    steps.extend(created());
    steps.extend(unplugged());
    steps
}

/// Nova's older words: what comes in, from where.
fn shown() -> Vec<Step> {
    let source = json!({"name": "=default", "tenant_id": "={project}"});
    let from_itself = json!({
        "id": "str", "parent_group_id": "str", "ip_protocol": null, "from_port": null, "to_port": null,
        "group": source, "ip_range": {},
    });
    let default = json!({
        "id": "str", "name": "=default", "description": "str", "tenant_id": "={project}", "rules": [from_itself],
    });
    vec![
        get(Compute, GROUPS).gives(200, json!({"security_groups": [default]})),
        get(Compute, GROUPS).by(Who::Stranger).fails(404, "Instance {s} could not be found."),
        get(Compute, GROUPS).by(Who::Roleless).fails(403, "os_compute_api:os-security-groups:list"),
        get(Compute, "/servers/{nothing}/os-security-groups")
            .fails(404, "Instance {nothing} could not be found."),
    ]
}

fn refused() -> Vec<Step> {
    let unknown = |step: Step, group: &str| {
        step.fails(404, &format!("Security group {group} is not found for project {{project}}"))
    };
    let many = "Multiple security_group matches found for name '{name}-twin', use an ID to be more specific.";
    vec![
        add("{g}").fails(400, "Reason: Duplicate items in the list: '{g}'."),
        unknown(add("{name}-none"), "{name}-none"),
        unknown(add("{nothing}"), "{nothing}"),
        unknown(remove("{name}-none"), "{name}-none"),
        add("{name}-twin").fails(409, many),
        remove("{twin}").fails(404, "Security group {twin} not associated with the instance {s}"),
        add("").fails(400, "'' should be non-empty"),
        act("s", "addSecurityGroup", json!({"name": 5})).fails(400, "5 is not of type 'string'"),
        act("s", "addSecurityGroup", json!({})).fails(400, "'name' is a required property"),
        act("nothing", "addSecurityGroup", json!({"name": "{g}"}))
            .fails(404, "Instance {nothing} could not be"),
        add("{g}").by(Who::Stranger).fails(404, "Instance {s} could not be found."),
        add("{g}").by(Who::Roleless).fails(403, "os_compute_api:os-security-groups:add"),
    ]
}

/// A server's creation names groups too.
fn created() -> Vec<Step> {
    let make = |groups: Value| post(Compute, "/servers", server(json!({"security_groups": groups})));
    let rule = json!({
        "security_group_id": "{g}", "direction": "ingress", "protocol": "tcp", "remote_ip_prefix": "10.1.0.0/16",
    });
    let told = json!({
        "id": "str", "parent_group_id": "={g}", "ip_protocol": "=tcp", "from_port": 1, "to_port": 65_535,
        "group": {}, "ip_range": {"cidr": "=10.1.0.0/16"},
    });
    vec![
        make(json!([{"name": "{name}-twin"}])).fails(409, "use an ID to be more specific."),
        make(json!([{"name": "{name}-none"}]))
            .fails(400, "Unable to find security_group with name or id '{name}-none'"),
        post(Network, "/security-group-rules", json!({"security_group_rule": rule})).status(201),
        make(json!([{"name": "{g}"}]))
            .gives(202, json!({"server": {"security_groups": [{"name": "={g}"}], "...": ""}}))
            .save("t", "/server/id"),
        get(Compute, "/servers/{t}").until("/server/status", json!("ACTIVE")).status(200),
        get(Compute, "/servers/{t}/os-security-groups")
            .gives(200, json!({"security_groups": [{"id": "={g}", "rules": [told], "...": ""}]})),
    ]
}

/// Groups are of ports: a server without any has none.
fn unplugged() -> Vec<Step> {
    let no_port = "instance_id {u} could not be found as device id on any ports";
    vec![
        post(Compute, "/servers", server(json!({"networks": "none"}))).status(202).save("u", "/server/id"),
        get(Compute, "/servers/{u}").until("/server/status", json!("ACTIVE")).status(200),
        act("u", "addSecurityGroup", json!({"name": "{g}"})).fails(404, no_port),
        act("u", "removeSecurityGroup", json!({"name": "{g}"})).fails(404, no_port),
        get(Compute, "/servers/{u}/os-security-groups").gives(200, json!({"security_groups": []})),
    ]
}
