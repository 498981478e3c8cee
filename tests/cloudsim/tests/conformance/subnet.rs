//! Neutron: subnets, and what is no subnet.

use serde_json::{Value, json};

use crate::cloud::Api::Network;
use crate::step::{Step, Who, delete, get, post, put};

const ONE: &str = "/subnets/{s}";

fn shown(name: &str) -> Value {
    json!({
        "id": "={s}", "name": format!("={name}"), "tenant_id": "={project}", "project_id": "={project}",
        "network_id": "={network}", "ip_version": 4, "enable_dhcp": true, "gateway_ip": "=10.78.0.1",
        "cidr": "=10.78.0.0/24", "allocation_pools": [{"start": "=10.78.0.2", "end": "=10.78.0.254"}],
        "host_routes": [], "dns_nameservers": "list", "description": "str", "router:external": false,
        "tags": "list", "created_at": "str", "updated_at": "str", "revision_number": "int", "...": "",
    })
}

/// In the fixture's network, which has 10.77.0.0/24 already.
fn create(more: Value) -> Step {
    let mut subnet = json!({"network_id": "{network}", "ip_version": 4});
    let (Some(subnet_object), Value::Object(more)) = (subnet.as_object_mut(), more) else {
        panic!("no object");
    };
    subnet_object.extend(more);
    post(Network, "/subnets", json!({"subnet": subnet}))
}

fn of(cidr: &str) -> Step {
    create(json!({"cidr": cidr}))
}

fn update(body: Value) -> Step {
    put(Network, ONE, json!({"subnet": body}))
}

pub(crate) fn table() -> Vec<Step> {
    let mut steps = vec![
        of("10.78.0.7/24").status(201).save("s", "/subnet/id"),
        get(Network, ONE).gives(200, json!({"subnet": shown("")})),
        create(json!({"cidr": "10.79.0.0/24", "gateway_ip": null, "enable_dhcp": false, "description": "d"}))
            .gives(
                201,
                json!({"subnet": {
                    "gateway_ip": null, "enable_dhcp": false, "description": "=d",
                    "allocation_pools": [{"start": "=10.79.0.1", "end": "=10.79.0.254"}], "...": "",
                }}),
            ),
        create(json!({"cidr": "10.80.0.0/24", "gateway_ip": "10.1.0.1"}))
            .gives(201, json!({"subnet": {"gateway_ip": "=10.1.0.1", "...": ""}})),
        of("10.81.0.0/30").gives(
            201,
            json!({"subnet": {"allocation_pools": [{"start": "=10.81.0.2", "end": "=10.81.0.2"}], "...": ""}}),
        ),
    ];
    steps.extend(updated());
    steps.extend(listed());
    steps.extend(no_cidr());
    steps.extend(incomplete());
    steps.extend([
        get(Network, ONE).by(Who::Stranger).refused(404, "SubnetNotFound", "Subnet {s} could not be found."),
        delete(Network, ONE).by(Who::Stranger).refused(404, "SubnetNotFound", "could not be found."),
        delete(Network, ONE).empty(204),
        delete(Network, ONE).refused(404, "SubnetNotFound", "Subnet {s} could not be found."),
    ]);
    steps
}

fn updated() -> Vec<Step> {
    vec![
        update(json!({"name": "{name}-s", "dns_nameservers": ["9.9.9.9"]}))
            .gives(200, json!({"subnet": shown("{name}-s")})),
        update(json!({"gateway_ip": "10.78.0.9"})).refused(
            409,
            "GatewayConflictWithAllocationPools",
            "Gateway ip 10.78.0.9 conflicts with allocation pool 10.78.0.2-10.78.0.254.",
        ),
        update(json!({"cidr": "10.78.0.0/25"})).refused(400, "HTTPBadRequest", "Cannot update read-only"),
        put(Network, "/subnets/{s}/tags", json!({"tags": ["x"]})).gives(200, json!({"tags": ["=x"]})),
    ]
}

fn listed() -> Vec<Step> {
    let query = |query: &str| get(Network, &format!("/subnets?{query}"));
    let one = || json!({"subnets": [shown("{name}-s")]});
    vec![
        query("network_id={network}&name={name}-s").gives(200, one()),
        query("network_id={network}&tags=x").gives(200, one()),
        query("network_id={network}&cidr=10.78.0.0/24").gives(200, one()),
        query("id={s}&ip_version=4&enable_dhcp=true").gives(200, one()),
        query("network_id={nothing}").gives(200, json!({"subnets": []})),
        query("network_id={network}").by(Who::Stranger).gives(200, json!({"subnets": []})),
    ]
}

fn no_cidr() -> Vec<Step> {
    let bad = |cidr: &str, message: &str| of(cidr).refused(400, "InvalidInput", message);
    let gateway = |address: &str| create(json!({"cidr": "10.82.0.0/24", "gateway_ip": address}));
    let narrow = "Subnet has a prefix length that is incompatible with DHCP service enabled.";
    vec![
        bad("10.78.0.0/25", "cidr: 10.78.0.0/25 for network: {network} overlaps with another subnet."),
        bad("10.0.0.0/8", "overlaps with another subnet"),
        bad("bad", "bad is not in a CIDR format."),
        bad("", " is not in a CIDR format."),
        bad("10.82.0.0/33", "10.82.0.0/33 is not in a CIDR format."),
        bad("10.82.0.0", narrow),
        bad("10.82.0.0/31", narrow),
        bad("0.0.0.0/0", "First IP '0.0.0.0' of network is not supported"),
        bad("127.0.0.0/24", "Loopback IP subnet is not supported"),
        bad("224.0.0.0/24", "Multicast IP subnet is not supported"),
        bad("2001:db8::/64", "cidr '2001:db8::/64' does not match the ip_version '4'."),
        gateway("10.82.0.255").refused(400, "InvalidInput", "Gateway is not valid on subnet."),
        gateway("10.82.0.0").refused(400, "InvalidInput", "Gateway is not valid on subnet."),
        gateway("bad").refused(
            400,
            "HTTPBadRequest",
            "Invalid input for gateway_ip. Reason: 'bad' is not a valid IP address.",
        ),
    ]
}

fn incomplete() -> Vec<Step> {
    let body = |body: Value| post(Network, "/subnets", json!({"subnet": body}));
    let missing = |name: &str| format!("Failed to parse request. Required attribute '{name}' not specified");
    let cidr = "10.82.0.0/24";
    vec![
        create(json!({})).refused(
            400,
            "BadRequest",
            "a subnetpool must be specified in the absence of a cidr.",
        ),
        body(json!({"cidr": cidr, "ip_version": 4})).refused(400, "HTTPBadRequest", &missing("network_id")),
        body(json!({"cidr": cidr, "network_id": "{network}"})).refused(
            400,
            "HTTPBadRequest",
            &missing("ip_version"),
        ),
        body(json!({"cidr": cidr, "network_id": "x", "ip_version": 4})).refused(
            400,
            "HTTPBadRequest",
            "Invalid input for network_id. Reason: 'x' is not a valid UUID.",
        ),
        create(json!({"cidr": cidr, "ip_version": 5})).refused(
            400,
            "HTTPBadRequest",
            "Invalid input for ip_version. Reason: 5 is not in valid_values.",
        ),
        create(json!({"cidr": cidr, "enable_dhcp": "maybe"})).refused(
            400,
            "InvalidInput",
            "'maybe' cannot be converted to boolean.",
        ),
        create(json!({"cidr": cidr, "network_id": "{nothing}"})).refused(
            404,
            "NetworkNotFound",
            "Network {nothing} could not be found.",
        ),
    ]
}
