//! Neutron: routers and their gateways.

use serde_json::{Value, json};

use crate::cloud::Api::Network;
use crate::step::{Step, Who, delete, get, post, put};

const ONE: &str = "/routers/{r}";

fn shown(name: &str, gateway: Value) -> Value {
    json!({
        "id": "={r}", "name": format!("={name}"), "description": "str", "project_id": "={project}",
        "tenant_id": "={project}", "admin_state_up": true, "status": "=ACTIVE", "external_gateway_info": gateway,
        "availability_zones": "list", "availability_zone_hints": "list", "routes": [], "flavor_id": null,
        "tags": "list", "created_at": "str", "updated_at": "str", "revision_number": "int",
    })
}

/// The gateway as it is shown, somewhere in the network `public`.
fn gateway() -> Value {
    let ip = json!({"subnet_id": "str", "ip_address": "~10.31."});
    json!({"network_id": "={public}", "external_fixed_ips": [ip], "enable_snat": true})
}

pub(crate) fn create(body: Value) -> Step {
    post(Network, "/routers", json!({"router": body}))
}

fn update(body: Value) -> Step {
    put(Network, ONE, json!({"router": body}))
}

/// Keeps the id of the network `public`.
pub(crate) fn public() -> Step {
    get(Network, "/networks?name=public&router:external=true").status(200).save("public", "/networks/0/id")
}

pub(crate) fn table() -> Vec<Step> {
    let bare = || json!({"router": shown("{name}-r", json!(null))});
    let mut steps = vec![
        public(),
        create(json!({"name": "{name}-r", "description": "mark {name}"})).status(201).save("r", "/router/id"),
        get(Network, ONE).gives(200, bare()),
        put(Network, "/routers/{r}/tags", json!({"tags": ["x", "y"]}))
            .gives(200, json!({"tags": ["x", "y"]})),
    ];
    steps.extend(listed());
    steps.extend(with_gateway());
    steps.extend(wrong_gateway());
    steps.extend(refused());
    steps.extend([
        delete(Network, ONE).empty(204),
        get(Network, ONE).refused(404, "RouterNotFound", "Router {r} could not be found"),
        delete(Network, ONE).refused(404, "RouterNotFound", "Router {r} could not be found"),
    ]);
    steps
}

fn listed() -> Vec<Step> {
    let query = |query: &str| get(Network, &format!("/routers?project_id={{project}}&{query}"));
    let mut steps = Vec::new();
    for wanted in ["id={r}", "name={name}-r", "description=mark {name}", "tags=x,y"] {
        let router = shown("{name}-r", json!(null));
        steps.push(query(wanted).gives(200, json!({"routers": [router]})));
    }
    steps.extend([
        query("tags=z").gives(200, json!({"routers": []})),
        query("id={r}").by(Who::Stranger).gives(200, json!({"routers": []})),
        query("status=ACTIVE").refused(
            400,
            "HTTPBadRequest",
            "['status'] is invalid attribute for filtering",
        ),
        query("colour=1").refused(400, "HTTPBadRequest", "['colour'] is invalid attribute for filtering"),
    ]);
    steps
}

fn with_gateway() -> Vec<Step> {
    let on = |network: &str| json!({"external_gateway_info": {"network_id": network}});
    let open = || json!({"router": shown("{name}-r", gateway())});
    let bare = || json!({"router": shown("{name}-r", json!(null))});
    vec![
        update(on("{public}")).gives(200, open()),
        update(on("{public}")).gives(200, open()),
        // The gateway's port is nobody's.
        get(Network, "/ports?device_id={r}").gives(200, json!({"ports": []})),
        update(json!({"external_gateway_info": {}})).gives(200, bare()),
        update(on("{public}")).gives(200, open()),
        update(json!({"external_gateway_info": null})).gives(200, bare()),
        create(json!({"name": "{name}-q", "external_gateway_info": {"network_id": "{public}"}}))
            .gives(201, json!({"router": {"external_gateway_info": gateway(), "...": ""}}))
            .save("q", "/router/id"),
        delete(Network, "/routers/{q}").empty(204),
        update(json!({"name": "{name}-p", "admin_state_up": false}))
            .gives(200, json!({"router": {"name": "={name}-p", "admin_state_up": false, "...": ""}})),
    ]
}

fn wrong_gateway() -> Vec<Step> {
    let with = |info: Value| json!({"external_gateway_info": info});
    let on = |network: &str| with(json!({"network_id": network}));
    let inner = "Bad router request: Network {network} is not an external network.";
    let policy = "(rule:create_router and (rule:create_router:external_gateway_info and \
                  (rule:create_router:external_gateway_info:network_id and \
                  rule:create_router:external_gateway_info:enable_snat))) is disallowed by policy";
    vec![
        update(on("{network}")).refused(400, "BadRequest", inner),
        create(on("{network}")).refused(400, "BadRequest", inner),
        create(on("{nothing}")).refused(404, "NetworkNotFound", "Network {nothing} could not be found."),
        create(on("x")).refused(
            400,
            "HTTPBadRequest",
            "Invalid input for external_gateway_info. Reason: 'x' is not a valid UUID.",
        ),
        create(with(json!({"network_id": "{public}", "enable_snat": false}))).refused(
            403,
            "PolicyNotAuthorized",
            policy,
        ),
    ]
}

fn refused() -> Vec<Step> {
    let hidden =
        |step: Step| step.by(Who::Stranger).refused(404, "RouterNotFound", "Router {r} could not be found");
    vec![
        hidden(get(Network, ONE)),
        hidden(update(json!({"name": "x"}))),
        hidden(delete(Network, ONE)),
        get(Network, "/routers/{nothing}").refused(404, "RouterNotFound", "{nothing} could not be found"),
        create(json!({"colour": 1})).refused(400, "HTTPBadRequest", "Unrecognized attribute(s) 'colour'"),
        create(json!({"routes": []})).refused(
            400,
            "HTTPBadRequest",
            "Attribute 'routes' not allowed in POST",
        ),
        create(json!({"name": 5})).refused(400, "HTTPBadRequest", "'5' is not a valid string."),
        create(json!({"name": "x"})).by(Who::Roleless).refused(
            403,
            "PolicyNotAuthorized",
            "rule:create_router is disallowed by policy",
        ),
    ]
}
