//! Manila: share types, shares and where they are mounted from. Networks, access rules and messages are in files
//! of their own.

use serde_json::{Value, json};

use crate::cloud::Api::{Network, Share};
use crate::step::{Step, Who, delete, get, post};

/// As 2.65 has it.
fn share() -> Value {
    json!({
        "id": "str", "size": "int", "availability_zone": "str?", "created_at": "str", "status": "str",
        "name": "str?", "description": "str?", "project_id": "={project}", "snapshot_id": null,
        "share_network_id": "str", "share_proto": "=NFS", "metadata": "object", "share_type": "str",
        "volume_type": "=default", "links": [{"rel": "str", "href": "str"}], "is_public": false,
        "snapshot_support": true, "task_state": null, "share_type_name": "=default",
        "access_rules_status": "=active", "replication_type": null, "has_replicas": false, "user_id": "str",
        "create_share_from_snapshot_support": false, "revert_to_snapshot_support": false,
        "share_group_id": null, "source_share_group_snapshot_member_id": null,
        "mount_snapshot_support": false, "progress": "str?",
    })
}

fn with(mut shape: Value, more: Value) -> Value {
    if let (Value::Object(shape), Value::Object(more)) = (&mut shape, more) {
        shape.extend(more);
    }
    shape
}

/// A share network on the tenant's own network, named `n`.
pub(crate) fn network() -> Step {
    let body = json!({"share_network": {
        "name": "n", "neutron_net_id": "{network}", "neutron_subnet_id": "{subnet}",
    }});
    post(Share, "/share-networks", body).status(200).save("n", "/share_network/id")
}

pub(crate) fn make(share: Value) -> Step {
    post(Share, "/shares", json!({"share": share}))
}

/// One of 1 GiB, named `s`, until it is there.
pub(crate) fn available() -> Vec<Step> {
    vec![
        network(),
        make(json!({"share_proto": "NFS", "size": 1, "share_network_id": "{n}"}))
            .status(200)
            .save("s", "/share/id"),
        get(Share, "/shares/{s}").until("/share/status", json!("available")).status(200),
    ]
}

pub(crate) fn table() -> Vec<Step> {
    let mut steps = types();
    steps.extend(lives());
    steps.extend(served());
    steps.extend(lists());
    steps.extend(refused());
    steps.extend(goes());
    steps
}

fn types() -> Vec<Step> {
    let kind = json!({
        "id": "str", "name": "=default", "extra_specs": {"driver_handles_share_servers": "=True", "...": ""},
        "required_extra_specs": {"driver_handles_share_servers": "=True"}, "share_type_access:is_public": true,
        "description": null, "is_default": true,
    });
    vec![
        get(Share, "/types/default").gives(200, json!({"share_type": kind, "volume_type": kind})),
        get(Share, "/types?name=default").until("/share_types/0/name", json!("default")).status(200),
        get(Share, "/types/{nothing}").fails(404, "Share type not found."),
    ]
}

fn lives() -> Vec<Step> {
    let asked = json!({
        "share_proto": "nfs", "size": 1, "name": "v", "description": "d", "share_network_id": "{n}",
        "metadata": {"op": "o1", "b": "c"},
    });
    let begun = json!({"status": "=creating", "progress": null, "availability_zone": null, "name": "=v",
        "description": "=d", "metadata": {"op": "=o1", "b": "=c"}, "share_network_id": "={n}"});
    let made = json!({"status": "=available", "progress": "=100%", "availability_zone": "=nova"});
    let newest = json!({
        "is_soft_deleted": false, "scheduled_to_be_deleted_at": null, "source_backup_id": null,
        "encryption_key_ref": null, "snapshot_inherit_share_access_support": false,
    });
    let made = with(share(), made);
    vec![
        network(),
        make(asked).gives(200, json!({"share": with(share(), begun)})).save("v", "/share/id"),
        delete(Share, "/shares/{v}")
            .fails(403, "Share status must be one of ('available', 'error', 'inactive')."),
        get(Share, "/shares/{v}")
            .until("/share/status", json!("available"))
            .gives(200, json!({"share": made})),
        get(Share, "/shares/{v}").version("2.99").gives(200, json!({"share": with(made, newest)})),
    ]
}

/// The share server has two ports on the tenant's network; each is a place to mount from.
fn served() -> Vec<Step> {
    let export = json!({"id": "str", "path": "~10.77.0.", "preferred": "bool"});
    let server = "/ports?network_id={network}&device_owner=manila:share";
    vec![
        get(Share, "/shares/{v}/export_locations")
            .until("/export_locations/0/preferred", json!(true))
            .gives(200, json!({"export_locations": [export]})),
        get(Network, server).until("/ports/1/status", json!("DOWN")).gives(
            200,
            json!({"ports": [{"project_id": "={project}", "device_owner": "=manila:share", "...": ""}]}),
        ),
        get(Share, "/shares/{nothing}/export_locations").fails(404, "Share '{nothing}' not found."),
        get(Share, "/shares/{v}/export_locations").by(Who::Stranger).fails(404, "Share '{v}' not found."),
    ]
}

fn lists() -> Vec<Step> {
    let of_metadata = |filter: &str| get(Share, &format!("/shares?metadata={filter}"));
    let short = json!({"id": "={v}", "name": "=v", "links": [{"rel": "str", "href": "str"}]});
    let next = json!([{"rel": "=next", "href": "~/v2/shares?limit=1&name=v&marker={v}"}]);
    let full = json!({"shares": [share()], "shares_links": next});
    let none = || json!({"shares": []});
    vec![
        get(Share, "/shares?name=v").gives(200, json!({"shares": [short]})),
        get(Share, "/shares/detail?limit=1&name=v").gives(200, full),
        get(Share, "/shares?limit=1&offset=1").gives(200, none()),
        get(Share, "/shares?name=v&with_count=True").gives(200, json!({"shares": [short], "count": 1})),
        get(Share, "/shares?status=error").gives(200, none()),
        get(Share, "/shares?share_network_id={n}").gives(200, json!({"shares": [short]})),
        get(Share, "/shares?share_network_id={nothing}").gives(200, none()),
        get(Share, "/shares?filter_that_is_none=1").gives(200, json!({"shares": [short]})),
        of_metadata("%7B'op':'o1'%7D").gives(200, json!({"shares": [short]})),
        of_metadata("%7B%22op%22:%22o1%22%7D").gives(200, json!({"shares": [short]})),
        of_metadata("%7B'op':'o1','b':'x'%7D").gives(200, none()),
        of_metadata("bad").fails(500, "The server has either erred"),
        get(Share, "/shares").by(Who::Stranger).gives(200, none()),
        get(Share, "/shares?limit=-1").fails(400, "limit param must be positive"),
        get(Share, "/shares/{v}/metadata").gives(200, json!({"metadata": {"op": "=o1", "b": "=c"}})),
    ]
}

fn refused() -> Vec<Step> {
    let asked =
        |more: Value| make(with(json!({"share_proto": "NFS", "size": 1, "share_network_id": "{n}"}), more));
    let long = "x".repeat(256);
    vec![
        asked(json!({"size": 0})).fails(400, "Share size '0' must be an integer and greater than 0."),
        asked(json!({"size": -1})).fails(400, "Share size '-1' must be an integer"),
        asked(json!({"size": "big"})).fails(400, "Share size 'big' must be an integer"),
        make(json!({"share_proto": "NFS", "share_network_id": "{n}"})).fails(500, "The server has either erred"),
        make(json!({"size": 1, "share_network_id": "{n}"})).fails(500, "The server has either erred"),
        asked(json!({"share_proto": "FOO"}))
            .fails(400, "Invalid share protocol provided: FOO. It is either disabled or unsupported. Available protocols: ['NFS', 'CIFS']."),
        make(json!({"share_proto": "NFS", "size": 1}))
            .fails(400, "Share network must be set when the driver_handles_share_servers is true."),
        asked(json!({"share_network_id": "{nothing}"})).fails(404, "Share network {nothing} could not be found."),
        asked(json!({})).by(Who::Stranger).fails(404, "Share network {n} could not be found."),
        asked(json!({"share_type": "nothing"})).fails(404, "Share type not found."),
        asked(json!({"availability_zone": "nothing"})).fails(404, "Availability zone nothing could not be found."),
        asked(json!({"name": long})).fails(400, "name can only be 255 characters long."),
        asked(json!({"metadata": {"k": ""}})).fails(400, "Metadata property value is blank."),
        post(Share, "/shares", json!({})).fails(422, "Unable to process the contained instructions"),
        get(Share, "/shares/{nothing}").fails(404, "The resource could not be found."),
        get(Share, "/shares/{v}").by(Who::Stranger).fails(404, "The resource could not be found."),
        delete(Share, "/shares/{v}").by(Who::Stranger).fails(404, "The resource could not be found."),
        get(Share, "/shares").version("2.999").fails(406, "Version 2.999 is not supported"),
        get(Share, "/shares").version("latest").fails(400, "API Version String latest is of invalid format"),
        get(Share, "/nothing")
            .gives(404, json!({"message": "str", "code": "=404 Not Found", "title": "=Not Found"})),
    ]
}

/// The server's ports go with the share network, not with the last share.
fn goes() -> Vec<Step> {
    let server = "/ports?network_id={network}&device_owner=manila:share";
    vec![
        delete(Share, "/share-networks/{n}")
            .fails(409, "Can not delete share network {n}, it has 1 share(s)."),
        delete(Share, "/shares/{v}").empty(202),
        get(Share, "/shares/{v}").until_gone().fails(404, "The resource could not be found."),
        delete(Share, "/shares/{v}").fails(404, "The resource could not be found."),
        delete(Network, "/networks/{network}").refused(409, "NetworkInUse", "ports still in use"),
        delete(Share, "/share-networks/{n}").empty(202),
        get(Share, "/share-networks/{n}").fails(404, "Share network {n} could not be found."),
        get(Network, server).until("/ports", json!([])).status(200),
    ]
}
