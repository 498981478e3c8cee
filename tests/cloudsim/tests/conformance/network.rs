//! Neutron: networks, their tags, and how lists are filtered.

use serde_json::{Value, json};

use crate::cloud::Api::Network;
use crate::step::{Step, Who, delete, get, post, put};

const ONE: &str = "/networks/{n}";

fn network(name: &str, tags: Value) -> Value {
    json!({
        "id": "={n}", "name": format!("={name}"), "tenant_id": "={project}", "project_id": "={project}",
        "admin_state_up": true, "mtu": "int", "status": "=ACTIVE", "subnets": "list", "shared": false,
        "router:external": false, "description": "str", "tags": tags, "created_at": "str", "updated_at": "str",
        "revision_number": "int", "availability_zones": "list", "port_security_enabled": true, "...": "",
    })
}

fn create(body: Value) -> Step {
    post(Network, "/networks", json!({"network": body}))
}

fn update(body: Value) -> Step {
    put(Network, ONE, json!({"network": body}))
}

fn absent(step: Step) -> Step {
    step.refused(404, "NetworkNotFound", "Network {nothing} could not be found.")
}

pub(crate) fn table() -> Vec<Step> {
    let subnet = json!({"subnet": {"network_id": "{n}", "ip_version": 4, "cidr": "10.78.0.0/24"}});
    let shown = || network("{name}-n", json!([]));
    let mut steps = vec![
        create(json!({"name": "{name}-n", "description": "mark {name}"}))
            .status(201)
            .save("n", "/network/id"),
        get(Network, ONE).gives(200, json!({"network": shown()})),
        post(Network, "/subnets", subnet).status(201).save("s", "/subnet/id"),
        get(Network, ONE).gives(200, json!({"network": {"subnets": ["={s}"], "...": ""}})),
    ];
    steps.extend(updated());
    steps.extend(tagged());
    steps.extend(listed());
    steps.extend(refused());
    steps.extend([
        delete(Network, ONE).empty(204),
        get(Network, "/subnets/{s}").refused(404, "SubnetNotFound", "could not be found"),
        get(Network, ONE).refused(404, "NetworkNotFound", "could not be found"),
    ]);
    steps
}

fn updated() -> Vec<Step> {
    let read_only = |name: &str| format!("Cannot update read-only attribute {name}");
    let policy = "(rule:update_network and rule:update_network:shared) is disallowed by policy";
    vec![
        update(json!({"name": "{name}-m"})).gives(200, json!({"network": network("{name}-m", json!([]))})),
        update(json!({"name": "{name}-n", "admin_state_up": false}))
            .gives(200, json!({"network": {"name": "={name}-n", "admin_state_up": false, "...": ""}})),
        update(json!({"admin_state_up": true})).status(200),
        update(json!({"tags": ["x"]})).refused(400, "HTTPBadRequest", &read_only("tags")),
        update(json!({"id": "x"})).refused(400, "HTTPBadRequest", &read_only("id")),
        update(json!({"name": 5})).refused(
            400,
            "HTTPBadRequest",
            "Invalid input for name. Reason: '5' is not a valid string.",
        ),
        update(json!({"name": "x".repeat(256)})).refused(
            400,
            "HTTPBadRequest",
            "exceeds maximum length of 255.",
        ),
        update(json!({"admin_state_up": "x"})).refused(
            400,
            "InvalidInput",
            "'x' cannot be converted to boolean.",
        ),
        update(json!({"shared": true})).refused(403, "PolicyNotAuthorized", policy),
        absent(put(Network, "/networks/{nothing}", json!({"network": {"name": "x"}}))),
    ]
}

/// Tags have paths of their own: a body with tags is refused.
fn tagged() -> Vec<Step> {
    let tags = |tags: Value| put(Network, "/networks/{n}/tags", json!({"tags": tags}));
    let at = |path: &str| format!("/networks/{path}");
    let disallowed = "rule:update_network:tags is disallowed by policy";
    let unexpected = "Request Failed: internal server error while processing your request.";
    vec![
        create(json!({"tags": ["a"]})).refused(400, "HTTPBadRequest", "Attribute 'tags' not allowed in POST"),
        tags(json!(["b", "c"])).gives(200, json!({"tags": ["b", "c"]})),
        put(Network, &at("{n}/tags/a"), json!(null)).status(201),
        get(Network, &at("{n}/tags")).gives(200, json!({"tags": ["str"]})),
        get(Network, &at("{n}/tags/a")).empty(204),
        delete(Network, &at("{n}/tags/a")).empty(204),
        delete(Network, &at("{n}/tags/a")).refused(404, "TagNotFound", "Tag a could not be found."),
        tags(json!(["b", "b"])).refused(400, "InvalidInput", "Duplicate items in the list: 'b'"),
        tags(json!(["b".repeat(256)])).refused(400, "InvalidInput", "exceeds maximum length of 255"),
        tags(json!(Vec::from_iter((0..51).map(|n| n.to_string())))).refused(
            400,
            "BadRequest",
            "The number of tags exceed the per-resource limit of 50.",
        ),
        tags(json!(["x"])).by(Who::Stranger).refused(403, "PolicyNotAuthorized", disallowed),
        get(Network, &at("{nothing}/tags")).refused(500, "HTTPInternalServerError", unexpected),
        get(Network, ONE).gives(200, json!({"network": network("{name}-n", json!(["b", "c"]))})),
    ]
}

fn listed() -> Vec<Step> {
    let query = |query: &str| get(Network, &format!("/networks?project_id={{project}}&{query}"));
    let mut steps = Vec::new();
    for wanted in [
        "id={n}",
        "name={name}-n",
        "name=other&name={name}-n",
        "description=mark {name}",
        "tags=b,c",
        "tags-any=c,other",
        "id={n}&not-tags=other",
        "id={n}&status=ACTIVE&shared=false&router:external=False",
    ] {
        steps.push(query(wanted).gives(200, json!({"networks": [network("{name}-n", json!("list"))]})));
    }
    for unwanted in ["name=", "tags=b,other", "id={n}&not-tags-any=b", "id={n}&shared=true", "id={nothing}"] {
        steps.push(query(unwanted).gives(200, json!({"networks": []})));
    }
    steps.extend([
        query("id={n}&fields=id&fields=name")
            .gives(200, json!({"networks": [{"id": "={n}", "name": "={name}-n"}]})),
        query("limit=1").gives(200, json!({"networks": ["object"], "networks_links": "list"})),
        query("colour=1").refused(400, "HTTPBadRequest", "['colour'] is invalid attribute for filtering"),
        get(Network, "/networks?router:external=true&name=public").gives(
            200,
            json!({"networks": [{"name": "=public", "router:external": true, "shared": false, "...": ""}]}),
        ),
        query("id={n}").by(Who::Roleless).gives(200, json!({"networks": []})),
        query("id={n}").by(Who::Stranger).gives(200, json!({"networks": []})),
    ]);
    steps
}

fn refused() -> Vec<Step> {
    let hidden =
        |step: Step| step.by(Who::Stranger).refused(404, "NetworkNotFound", "{n} could not be found");
    vec![
        hidden(get(Network, ONE)),
        hidden(update(json!({"name": "x"}))),
        hidden(delete(Network, ONE)),
        absent(get(Network, "/networks/{nothing}")),
        absent(delete(Network, "/networks/{nothing}")),
        create(json!({"colour": 1})).refused(400, "HTTPBadRequest", "Unrecognized attribute(s) 'colour'"),
        post(Network, "/networks", json!({})).refused(400, "HTTPBadRequest", "Unable to find 'network'"),
        create(json!({"name": "x"})).by(Who::Roleless).refused(
            403,
            "PolicyNotAuthorized",
            "rule:create_network is disallowed by policy",
        ),
        get(Network, "/nothing").refused(404, "HTTPNotFound", "The resource could not be found."),
    ]
}
