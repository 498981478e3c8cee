//! Neutron: security groups, the one that every project has among them.

use serde_json::{Value, json};

use crate::cloud::Api::Network;
use crate::step::{Step, Who, delete, get, post, put};

const ONE: &str = "/security-groups/{g}";

/// What a group has from the start: everything may go out.
fn first_rule() -> Value {
    json!({
        "id": "str", "project_id": "={project}", "tenant_id": "={project}", "security_group_id": "={g}",
        "ethertype": "~IPv", "direction": "=egress", "protocol": null, "port_range_min": null,
        "port_range_max": null, "remote_ip_prefix": null, "normalized_cidr": null, "remote_group_id": null,
        "remote_address_group_id": null, "description": null, "tags": [], "created_at": "str", "updated_at": "str",
        "revision_number": "int", "belongs_to_default_sg": "bool?", "...": "",
    })
}

fn shown(name: &str) -> Value {
    json!({
        "id": "={g}", "name": format!("={name}"), "description": "str", "project_id": "={project}",
        "tenant_id": "={project}", "stateful": true, "shared": false, "security_group_rules": [first_rule()],
        "tags": "list", "created_at": "str", "updated_at": "str", "revision_number": "int",
    })
}

fn create(body: Value) -> Step {
    post(Network, "/security-groups", json!({"security_group": body}))
}

fn update(body: Value) -> Step {
    put(Network, ONE, json!({"security_group": body}))
}

pub(crate) fn table() -> Vec<Step> {
    let mut steps = vec![
        create(json!({"name": "{name}-g", "description": "mark {name}"}))
            .status(201)
            .save("g", "/security_group/id"),
        get(Network, ONE).gives(200, json!({"security_group": shown("{name}-g")})),
        update(json!({"name": "{name}-h"})).gives(200, json!({"security_group": shown("{name}-h")})),
        put(Network, "/security-groups/{g}/tags", json!({"tags": ["x", "y"]}))
            .gives(200, json!({"tags": ["x", "y"]})),
    ];
    steps.extend(listed());
    steps.extend(default());
    steps.extend(refused());
    steps.extend(in_use());
    steps.extend([
        delete(Network, ONE).empty(204),
        get(Network, "/security-group-rules?security_group_id={g}")
            .gives(200, json!({"security_group_rules": []})),
        delete(Network, ONE).refused(404, "SecurityGroupNotFound", "Security group {g} does not exist"),
    ]);
    steps
}

fn listed() -> Vec<Step> {
    let query = |query: &str| get(Network, &format!("/security-groups?project_id={{project}}&{query}"));
    let mut steps = Vec::new();
    for wanted in ["id={g}", "name={name}-h", "description=mark {name}", "tags=x,y", "tags-any=y,z"] {
        steps.push(query(wanted).gives(200, json!({"security_groups": [shown("{name}-h")]})));
    }
    for unwanted in ["name=", "tags=z", "id={nothing}"] {
        steps.push(query(unwanted).gives(200, json!({"security_groups": []})));
    }
    steps.extend([
        query("id={g}&fields=name").gives(200, json!({"security_groups": [{"name": "={name}-h"}]})),
        query("id={g}").by(Who::Stranger).gives(200, json!({"security_groups": []})),
        query("colour=1").refused(400, "HTTPBadRequest", "['colour'] is invalid attribute for filtering"),
    ]);
    steps
}

/// There from the first use; it lets in what comes from itself.
fn default() -> Vec<Step> {
    let one = "/security-groups/{default}";
    let rules = |direction: &str| {
        format!("/security-group-rules?security_group_id={{default}}&direction={direction}")
    };
    let rule = |group: Value| json!({"remote_group_id": group, "protocol": null, "belongs_to_default_sg": "bool?", "...": ""});
    vec![
        get(Network, "/security-groups?project_id={project}&name=default")
            .gives(
                200,
                json!({"security_groups": [{"name": "=default", "description": "=Default security group", "...": ""}]}),
            )
            .save("default", "/security_groups/0/id"),
        get(Network, &rules("ingress")).gives(200, json!({"security_group_rules": [rule(json!("={default}"))]})),
        get(Network, &rules("egress")).gives(200, json!({"security_group_rules": [rule(json!(null))]})),
        put(Network, one, json!({"security_group": {"name": "other"}})).refused(
            409,
            "SecurityGroupCannotUpdateDefault",
            "Updating default security group not allowed.",
        ),
        put(Network, one, json!({"security_group": {"description": "d"}}))
            .gives(200, json!({"security_group": {"name": "=default", "description": "=d", "...": ""}})),
        delete(Network, one).refused(409, "SecurityGroupCannotRemoveDefault", "Insufficient rights"),
    ]
}

fn refused() -> Vec<Step> {
    let taken = |step: Step| {
        step.refused(409, "SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
    };
    let hidden = |step: Step| {
        step.by(Who::Stranger).refused(404, "SecurityGroupNotFound", "Security group {g} does not exist")
    };
    vec![
        taken(create(json!({"name": "default"}))),
        taken(update(json!({"name": "default"}))),
        hidden(get(Network, ONE)),
        hidden(update(json!({"name": "x"}))),
        hidden(delete(Network, ONE)),
        get(Network, "/security-groups/{nothing}").refused(404, "SecurityGroupNotFound", "does not exist"),
        create(json!({"colour": 1})).refused(400, "HTTPBadRequest", "Unrecognized attribute(s) 'colour'"),
        create(json!({"tags": ["a"]})).refused(400, "HTTPBadRequest", "Attribute 'tags' not allowed in POST"),
        create(json!({"name": "x".repeat(256)})).refused(
            400,
            "HTTPBadRequest",
            "exceeds maximum length of 255.",
        ),
        create(json!({"name": "x"})).by(Who::Roleless).refused(
            403,
            "PolicyNotAuthorized",
            "rule:create_security_group is disallowed by policy",
        ),
    ]
}

fn in_use() -> Vec<Step> {
    let port = json!({"port": {"network_id": "{network}", "security_groups": ["{g}"]}});
    let groups = |groups: Value| put(Network, "/ports/{p}", json!({"port": {"security_groups": groups}}));
    vec![
        post(Network, "/ports", port)
            .gives(201, json!({"port": {"security_groups": ["={g}"], "...": ""}}))
            .save("p", "/port/id"),
        get(Network, "/ports?security_groups={g}&fields=id").gives(200, json!({"ports": [{"id": "={p}"}]})),
        delete(Network, ONE).refused(409, "SecurityGroupInUse", "Security Group {g} in use."),
        groups(json!(["{g}", "{g}"])).refused(
            400,
            "HTTPBadRequest",
            "Invalid input for security_groups. Reason: Duplicate items in the list: '{g}'.",
        ),
        groups(json!(["{nothing}"])).refused(404, "SecurityGroupNotFound", "{nothing} does not exist"),
        groups(json!([])).gives(200, json!({"port": {"security_groups": [], "...": ""}})),
        delete(Network, "/ports/{p}").empty(204),
    ]
}
