//! Nova: flavors, servers, their list and their history.

use serde_json::{Value, json};

use crate::cloud::Api::{Compute, Volume};
use crate::step::{Step, Who, delete, get, post};

/// A server to make, that boots from a volume of 1 GiB.
pub(crate) fn server(more: Value) -> Value {
    let disk = json!({
        "boot_index": 0, "uuid": "{image}", "source_type": "image", "destination_type": "volume", "volume_size": 1,
        "delete_on_termination": true,
    });
    let mut server = json!({
        "name": "s", "flavorRef": "{small}", "networks": [{"uuid": "{network}"}], "block_device_mapping_v2": [disk],
    });
    if let (Value::Object(server), Value::Object(more)) = (&mut server, more) {
        server.extend(more);
    }
    json!({"server": server})
}

/// Makes one and waits for it.
pub(crate) fn active(name: &'static str) -> Vec<Step> {
    let wait = get(Compute, &format!("/servers/{{{name}}}"));
    vec![
        post(Compute, "/servers", server(json!({}))).status(202).save(name, "/server/id"),
        wait.until("/server/status", json!("ACTIVE")).status(200),
    ]
}

fn links() -> Value {
    json!([{"rel": "str", "href": "str"}])
}

/// What is in every version.
fn shape(flavor: Value, disk: Value) -> Value {
    let address = json!({"version": 4, "addr": "~10.77.0.", "OS-EXT-IPS:type": "=fixed", "OS-EXT-IPS-MAC:mac_addr": "str"});
    let mut shape = json!({
        "id": "str", "name": "=s", "status": "=ACTIVE", "tenant_id": "str", "user_id": "str", "created": "str",
        "updated": "str", "accessIPv4": "=", "accessIPv6": "=", "addresses": {"...": ""}, "flavor": flavor,
        "hostId": "str", "image": "=", "links": links(), "metadata": {"m": "=1"}, "progress": 0,
        "config_drive": "=", "key_name": null, "security_groups": [{"name": "=default"}],
        "OS-DCF:diskConfig": "=MANUAL", "OS-EXT-AZ:availability_zone": "=nova", "OS-SRV-USG:launched_at": "str",
        "OS-SRV-USG:terminated_at": null, "OS-EXT-STS:task_state": null, "OS-EXT-STS:vm_state": "=active",
        "OS-EXT-STS:power_state": 1, "os-extended-volumes:volumes_attached": [disk],
    });
    shape["addresses"] = json!({"{name}": [address]});
    shape
}

fn with(mut shape: Value, more: Value) -> Value {
    if let (Value::Object(shape), Value::Object(more)) = (&mut shape, more) {
        shape.extend(more);
    }
    shape
}

fn oldest() -> Value {
    shape(json!({"id": "str", "links": links()}), json!({"id": "str"}))
}

fn newest() -> Value {
    let flavor = json!({
        "vcpus": 1, "ram": 256, "disk": 1, "ephemeral": 0, "swap": 0, "original_name": "~.small",
        "extra_specs": "object",
    });
    let disk = json!({"id": "str", "delete_on_termination": true});
    let more = json!({
        "locked": false, "description": null, "tags": ["str"], "trusted_image_certificates": null,
        "server_groups": "list", "locked_reason": null, "OS-EXT-SRV-ATTR:hostname": "=s",
        "pinned_availability_zone": "=nova",
    });
    with(shape(flavor, disk), more)
}

fn to_admin() -> Value {
    let more = json!({
        "OS-EXT-SRV-ATTR:host": "str", "OS-EXT-SRV-ATTR:hypervisor_hostname": "str",
        "OS-EXT-SRV-ATTR:instance_name": "str", "OS-EXT-SRV-ATTR:root_device_name": "str", "host_status": "=UP",
        "...": "",
    });
    with(newest(), more)
}

pub(crate) fn table() -> Vec<Step> {
    let mut steps = flavors();
    steps.extend(made());
    steps.extend(listed());
    steps.extend(ended());
    steps
}

fn flavors() -> Vec<Step> {
    let flavor = |swap: Value| {
        json!({
            "id": "str", "name": "str", "ram": "int", "disk": "int", "swap": swap, "vcpus": "int",
            "OS-FLV-EXT-DATA:ephemeral": 0, "OS-FLV-DISABLED:disabled": false, "os-flavor-access:is_public": true,
            "rxtx_factor": 1.0, "links": links(),
        })
    };
    let newest = with(flavor(json!(0)), json!({"description": null, "extra_specs": "object"}));
    let next = json!([{"rel": "=next", "href": "~&marker="}]);
    vec![
        get(Compute, "/flavors/{small}").gives(200, json!({"flavor": newest})),
        get(Compute, "/flavors/{small}")
            .version("compute 2.1")
            .gives(200, json!({"flavor": flavor(json!("="))})),
        get(Compute, "/flavors/detail?limit=1")
            .gives(200, json!({"flavors": [newest], "flavors_links": next})),
        get(Compute, "/flavors?limit=1").version("compute 2.1").gives(
            200,
            json!({"flavors": [{"id": "str", "name": "str", "links": links()}], "flavors_links": next}),
        ),
        get(Compute, "/flavors?marker={small}&limit=1").status(200),
        get(Compute, "/flavors/{nothing}").fails(404, "Flavor {nothing} could not be found."),
        get(Compute, "/flavors?marker={nothing}").fails(400, "marker [{nothing}] not found"),
        get(Compute, "/flavors?limit=-1").fails(400, "Invalid input for query parameters limit"),
        get(Compute, "/flavors").by(Who::Roleless).status(200),
    ]
}

fn made() -> Vec<Step> {
    let more = json!({
        "tags": ["op-1", "x"], "metadata": {"m": "1"}, "security_groups": [{"name": "default"}],
        "availability_zone": "nova",
    });
    let accepted = json!({
        "id": "str", "links": links(), "OS-DCF:diskConfig": "=MANUAL", "security_groups": [{"name": "=default"}],
        "adminPass": "str",
    });
    vec![
        post(Compute, "/servers", server(more))
            .gives(202, json!({"server": accepted}))
            .header("location", "/servers/")
            .header("openstack-api-version", "compute 2.96")
            .save("s", "/server/id"),
        get(Compute, "/servers/{s}")
            .until("/server/status", json!("ACTIVE"))
            .gives(200, json!({"server": newest()})),
        get(Compute, "/servers/{s}").version("compute 2.1").gives(200, json!({"server": oldest()})),
        get(Compute, "/servers/{s}").by(Who::Admin).gives(200, json!({"server": to_admin()})),
        get(Compute, "/servers/{s}/tags").gives(200, json!({"tags": ["str"]})),
        get(Compute, "/servers/{s}/os-volume_attachments")
            .status(200)
            .save("root", "/volumeAttachments/0/volumeId"),
        get(Volume, "/volumes/{root}").until("/volume/status", json!("in-use")).status(200),
        get(Compute, "/servers/{s}").by(Who::Stranger).fails(404, "Instance {s} could not be found."),
        delete(Compute, "/servers/{s}").by(Who::Stranger).fails(404, "could not be found"),
        get(Compute, "/servers/{s}").by(Who::Roleless).fails(403, "os_compute_api:servers:show"),
        delete(Compute, "/servers/{s}").by(Who::Roleless).fails(403, "os_compute_api:servers:delete"),
        get(Compute, "/servers/{nothing}").fails(404, "Instance {nothing} could not be found."),
    ]
}

fn listed() -> Vec<Step> {
    let found = |query: &str| {
        get(Compute, &format!("/servers?{query}"))
            .gives(200, json!({"servers": [{"id": "={s}", "name": "=s", "links": links()}]}))
    };
    let none = |query: &str| get(Compute, &format!("/servers?{query}")).gives(200, json!({"servers": []}));
    vec![
        found("tags=op-1"),
        found("tags=op-1,x"),
        found("tags-any=op-1,zz"),
        none("tags=nothing"),
        none("tags=op-1,zz"),
        none("not-tags=op-1"),
        found("name=s"),
        none("name=zz"),
        found("status=ACTIVE"),
        none("status=BUILD"),
        get(Compute, "/servers?status=bogus").fails(400, "Invalid status value"),
        get(Compute, "/servers?bogus=1").fails(400, "'bogus' does not match any of the regexes"),
        get(Compute, "/servers?marker={nothing}").fails(400, "marker [{nothing}] not found"),
        get(Compute, "/servers/detail?all_tenants=1").fails(403, "servers:detail:get_all_tenants"),
        get(Compute, "/servers/detail?limit=1").gives(
            200,
            json!({"servers": [{"id": "str", "tags": "list", "...": ""}], "servers_links": [{"rel": "=next", "href": "str"}]}),
        ),
        get(Compute, "/servers?marker={s}").gives(200, json!({"servers": []})),
    ]
}

fn ended() -> Vec<Step> {
    let action = |message: &str| {
        json!({
            "action": "str", "instance_uuid": "str", "request_id": "~req-", "user_id": "str", "project_id": "str",
            "start_time": "~.000000", "message": message, "updated_at": "~.000000",
        })
    };
    let event = json!({
        "event": "str", "start_time": "~.000000", "finish_time": "~.000000", "result": "=Success", "hostId": "str",
    });
    let whole = with(action("str?"), json!({"events": [event]}));
    vec![
        get(Compute, "/servers/{s}/os-instance-actions")
            .gives(200, json!({"instanceActions": [action("str?")]}))
            .save("request", "/instanceActions/0/request_id"),
        get(Compute, "/servers/{s}/os-instance-actions/{request}")
            .until("/instanceAction/events/0/result", json!("Success"))
            .gives(200, json!({"instanceAction": whole})),
        get(Compute, "/servers/{s}/os-instance-actions/req-{nothing}").fails(404, "not found"),
        get(Compute, "/servers/{nothing}/os-instance-actions").fails(404, "could not be found"),
        delete(Compute, "/servers/{s}").empty(204),
        get(Compute, "/servers/{s}").until_gone().fails(404, "could not be found"),
        get(Volume, "/volumes/{root}").until_gone().fails(404, "could not be found"),
        get(Compute, "/servers/{s}/os-instance-actions")
            .until("/instanceActions/0/action", json!("delete"))
            .gives(200, json!({"instanceActions": [action("str?")]})),
        get(Compute, "/servers/{s}/os-instance-actions")
            .version("compute 2.20")
            .fails(404, "could not be found"),
        delete(Compute, "/servers/{s}").fails(404, "could not be found"),
    ]
}

/// Everything that a server's creation refuses.
pub(crate) fn refused() -> Vec<Step> {
    let disk = |key: &str, value: Value| {
        let mut body = server(json!({}));
        body["server"]["block_device_mapping_v2"][0][key] = value;
        post(Compute, "/servers", body)
    };
    let bad = |more: Value| post(Compute, "/servers", server(more));
    vec![
        bad(json!({"flavorRef": "{nothing}"})).fails(400, "Flavor {nothing} could not be found."),
        bad(json!({"networks": [{"uuid": "{nothing}"}]})).fails(400, "Network {nothing} could not be found."),
        bad(json!({"name": ""})).fails(400, "Invalid input for field/attribute name"),
        bad(json!({"name": "x".repeat(256)})).fails(400, "is too long"),
        bad(json!({"security_groups": [{"name": "nothing"}]})).fails(400, "Unable to find security_group"),
        bad(json!({"availability_zone": "nothing"}))
            .fails(400, "The requested availability zone is not available"),
        bad(json!({"availability_zone": "nova:nothing"})).fails(403, "servers:create:forced_host"),
        bad(json!({"block_device_mapping_v2": []})).fails(400, "Missing imageRef attribute"),
        bad(json!({"block_device_mapping_v2": [], "imageRef": "{nothing}"}))
            .fails(400, "Can not find requested image"),
        bad(json!({"imageRef": "bad"})).fails(400, "Invalid input for field/attribute imageRef"),
        bad(json!({"tags": ["a".repeat(61)]})).fails(400, "is too long"),
        bad(json!({"colour": 1}))
            .fails(400, "Additional properties are not allowed ('colour' was unexpected)"),
        bad(json!({"tags": ["a"]})).version("compute 2.51").fails(400, "('tags' was unexpected)"),
        bad(json!({"networks": null})).fails(400, "Invalid input for field/attribute networks"),
        bad(json!({})).by(Who::Stranger).fails(400, "Network {network} could not be found."),
        bad(json!({})).by(Who::Roleless).fails(403, "os_compute_api:servers:create"),
        disk("uuid", json!("{nothing}")).fails(400, "failed to get image {nothing}"),
        disk("volume_size", json!(0)).fails(400, "0 is less than the minimum of 1"),
        post(Compute, "/servers", json!({})).fails(400, "'server' is a required property"),
        get(Compute, "/servers").gives(200, json!({"servers": []})),
        get(Compute, "/nothing")
            .gives(404, json!({"message": "str", "code": "=404 Not Found", "title": "=Not Found"})),
        get(Compute, "/flavors").version("compute 2.999").fails(406, "Version 2.999 is not supported"),
        get(Compute, "/flavors")
            .version("compute bad")
            .fails(400, "API Version String bad is of invalid format"),
    ]
}
