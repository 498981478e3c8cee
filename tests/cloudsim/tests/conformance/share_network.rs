//! Manila: share networks.

use serde_json::{Value, json};

use crate::cloud::Api::Share;
use crate::step::{Step, Who, delete, get, post};

/// As 2.65 has it, before a share server is there.
fn network() -> Value {
    let subnet = json!({
        "id": "str", "availability_zone": null, "created_at": "str", "updated_at": null, "segmentation_id": null,
        "neutron_net_id": "str?", "neutron_subnet_id": "str?", "ip_version": null, "cidr": null,
        "network_type": null, "mtu": null, "gateway": null,
    });
    json!({
        "id": "str", "name": "str?", "project_id": "={project}", "created_at": "str", "updated_at": null,
        "description": "str?", "share_network_subnets": [subnet], "status": "=active",
        "security_service_update_support": true,
    })
}

fn make(network: Value) -> Step {
    post(Share, "/share-networks", json!({"share_network": network}))
}

pub(crate) fn table() -> Vec<Step> {
    let own = json!({"name": "n", "neutron_net_id": "{network}", "neutron_subnet_id": "{subnet}"});
    let mut newest = network();
    newest["network_allocation_update_support"] = json!(true);
    newest["share_network_subnets"][0]["metadata"] = json!({});
    let mut steps = vec![
        make(own).gives(200, json!({"share_network": network()})).save("n", "/share_network/id"),
        // Nobody looks whether Neutron has them.
        make(json!({"name": "x", "neutron_net_id": "{nothing}", "neutron_subnet_id": "{nothing}"}))
            .status(200)
            .save("x", "/share_network/id"),
        make(json!({})).gives(200, json!({"share_network": network()})).save("e", "/share_network/id"),
        get(Share, "/share-networks/{n}").gives(200, json!({"share_network": network()})),
        get(Share, "/share-networks/{n}").version("2.99").gives(200, json!({"share_network": newest})),
    ];
    steps.extend(lists());
    steps.extend(refused());
    steps
        .extend(["n", "x", "e"].map(|name| delete(Share, &format!("/share-networks/{{{name}}}")).empty(202)));
    steps.push(get(Share, "/share-networks").gives(200, json!({"share_networks": []})));
    steps
}

fn lists() -> Vec<Step> {
    let short = json!({"share_networks": [{"id": "={n}", "name": "=n"}]});
    vec![
        get(Share, "/share-networks?name=n").gives(200, short.clone()),
        get(Share, "/share-networks?neutron_net_id={network}").gives(200, short),
        get(Share, "/share-networks/detail?neutron_net_id={network}&neutron_subnet_id={subnet}")
            .gives(200, json!({"share_networks": [network()]})),
        get(Share, "/share-networks?neutron_subnet_id={network}").gives(200, json!({"share_networks": []})),
        get(Share, "/share-networks").by(Who::Stranger).gives(200, json!({"share_networks": []})),
    ]
}

fn refused() -> Vec<Step> {
    vec![
        make(json!({"neutron_net_id": "{network}"}))
            .fails(400, "you need to specify both neutron_net_id and neutron_subnet_id or none of them."),
        post(Share, "/share-networks", json!({})).fails(422, "Unable to process the contained instructions"),
        make(json!({"name": "x".repeat(256)})).fails(500, "Could not create share network."),
        get(Share, "/share-networks/{nothing}").fails(404, "Share network {nothing} could not be found."),
        get(Share, "/share-networks/{n}")
            .by(Who::Stranger)
            .fails(404, "Share network {n} could not be found."),
        delete(Share, "/share-networks/{n}").by(Who::Stranger).fails(404, "could not be found."),
        delete(Share, "/share-networks/{nothing}").fails(404, "could not be found."),
        make(json!({}))
            .by(Who::Roleless)
            .fails(403, "Policy doesn't allow share_network:create to be performed."),
        get(Share, "/share-networks")
            .by(Who::Roleless)
            .fails(403, "Policy doesn't allow share_network:index to be performed."),
    ]
}
