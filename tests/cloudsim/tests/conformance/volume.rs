//! Cinder: volumes without servers.

use serde_json::{Value, json};

use crate::cloud::Api::Volume;
use crate::step::{Step, Who, delete, get, post, put};

/// As 3.0 has it, without what only GET shows.
fn volume() -> Value {
    json!({
        "id": "str", "status": "str", "size": "int", "availability_zone": "=nova", "created_at": "str",
        "updated_at": "str?", "name": "str?", "description": "str?", "volume_type": "str", "snapshot_id": null,
        "source_volid": null, "metadata": "object", "links": [{"rel": "str", "href": "str"}], "user_id": "str",
        "bootable": "str", "encrypted": false, "replication_status": null, "consistencygroup_id": null,
        "multiattach": false, "attachments": "list",
    })
}

fn with(mut shape: Value, more: Value) -> Value {
    if let (Value::Object(shape), Value::Object(more)) = (&mut shape, more) {
        shape.extend(more);
    }
    shape
}

fn newest() -> Value {
    let more = json!({
        "group_id": null, "shared_targets": "bool", "service_uuid": "str?", "volume_type_id": "str",
        "consumes_quota": true,
    });
    with(volume(), more)
}

fn shown(shape: Value) -> Value {
    json!({"volume": with(shape, json!({"os-vol-tenant-attr:tenant_id": "str"}))})
}

fn make(volume: Value) -> Step {
    post(Volume, "/volumes", json!({"volume": volume}))
}

pub(crate) fn table() -> Vec<Step> {
    let mut steps = lives();
    steps.extend(lists());
    steps.extend(refused());
    steps.extend(changes());
    steps
}

fn lives() -> Vec<Step> {
    vec![
        make(json!({"size": 1, "name": "v", "description": "d", "metadata": {"op": "o1", "b": "c"}}))
            .gives(202, json!({"volume": newest()}))
            .save("v", "/volume/id"),
        get(Volume, "/volumes/{v}").until("/volume/status", json!("available")).gives(200, shown(newest())),
        get(Volume, "/volumes/{v}").version("volume 3.0").gives(200, shown(volume())),
        make(json!({"size": 2, "imageRef": "{image}"})).status(202).save("w", "/volume/id"),
        get(Volume, "/volumes/{w}").until("/volume/status", json!("available")).gives(
            200,
            shown(with(
                newest(),
                json!({"bootable": "=true", "volume_image_metadata": {
                    "image_id": "str", "image_name": "str", "checksum": "str", "container_format": "str",
                    "disk_format": "str", "min_disk": "=1", "min_ram": "=0", "size": "=4096",
                }}),
            )),
        ),
    ]
}

fn lists() -> Vec<Step> {
    let of_metadata = |filter: &str| get(Volume, &format!("/volumes/detail?metadata={filter}"));
    let short = json!({"id": "str", "name": "str?", "links": [{"rel": "str", "href": "str"}]});
    let next = json!([{"rel": "=next", "href": "~marker="}]);
    let full = json!({"volumes": [shown(newest())["volume"]], "volumes_links": next});
    vec![
        get(Volume, "/volumes?name=v").gives(200, json!({"volumes": [short]})),
        get(Volume, "/volumes/detail?limit=1&name=v").gives(200, full),
        get(Volume, "/volumes?limit=1&name=v&marker={v}").gives(200, json!({"volumes": []})),
        of_metadata("%7B'op':'o1'%7D").until("/volumes/0/id", json!("{v}")).status(200),
        of_metadata("%7B%22op%22:%22o1%22%7D").until("/volumes/0/name", json!("v")).status(200),
        of_metadata("%7B'op':'o1','b':'x'%7D").gives(200, json!({"volumes": []})),
        of_metadata("bad").gives(200, json!({"volumes": []})),
        get(Volume, "/volumes?marker={nothing}").fails(404, "could not be found"),
        get(Volume, "/volumes?limit=-1").fails(400, "limit param must be positive"),
        get(Volume, "/volumes/{v}/metadata").gives(200, json!({"metadata": {"op": "=o1", "b": "=c"}})),
    ]
}

fn refused() -> Vec<Step> {
    vec![
        make(json!({"size": "big"})).fails(400, "'big' does not match '^[0-9]+$'"),
        make(json!({"size": 0})).fails(400, "0 is less than the minimum of 1"),
        make(json!({"size": -1})).fails(400, "-1 is less than the minimum of 1"),
        make(json!({})).fails(400, "malformed"),
        post(Volume, "/volumes", json!({})).fails(400, "'volume' is a required property"),
        make(json!({"size": 1, "name": "x".repeat(300)}))
            .fails(400, "name has 300 characters, more than 255"),
        make(json!({"size": 1, "volume_type": "nothing"})).fails(404, "Volume type with name nothing"),
        make(json!({"size": 1, "availability_zone": "nothing"}))
            .fails(400, "Availability zone 'nothing' is invalid"),
        make(json!({"size": 1, "imageRef": "{nothing}"})).fails(400, "Invalid image identifier"),
        get(Volume, "/volumes/{nothing}").fails(404, "Volume {nothing} could not be found."),
        get(Volume, "/volumes/{v}").by(Who::Stranger).fails(404, "could not be found"),
        delete(Volume, "/volumes/{v}").by(Who::Stranger).fails(404, "could not be found"),
        delete(Volume, "/volumes/{nothing}").fails(404, "could not be found"),
        get(Volume, "/nothing")
            .gives(404, json!({"message": "str", "code": "=404 Not Found", "title": "=Not Found"})),
        get(Volume, "/volumes").version("volume 3.999").fails(406, "Version 3.999 is not supported"),
    ]
}

fn extend(size: u64) -> Step {
    post(Volume, "/volumes/{v}/action", json!({"os-extend": {"new_size": size}}))
}

fn update(volume: Value) -> Step {
    put(Volume, "/volumes/{v}", json!({"volume": volume}))
}

fn changes() -> Vec<Step> {
    let mut steps = vec![
        extend(3).empty(202),
        get(Volume, "/volumes/{v}").until("/volume/size", json!(3)).status(200),
        get(Volume, "/volumes/{v}").until("/volume/status", json!("available")).status(200),
    ];
    steps.extend(not_extended());
    steps.extend(updates());
    steps.extend([
        delete(Volume, "/volumes/{v}").empty(202),
        get(Volume, "/volumes/{v}").until_gone().fails(404, "could not be found"),
        delete(Volume, "/volumes/{w}").empty(202),
    ]);
    steps
}

fn not_extended() -> Vec<Step> {
    let of_project = |gigabytes: i64| {
        let quota = json!({"quota_set": {"gigabytes": gigabytes}});
        put(Volume, "/os-quota-sets/{project}", quota).by(Who::Admin).status(200)
    };
    let nothing = json!({"os-extend": {"new_size": 9}});
    vec![
        extend(3)
            .fails(400, "New size for extend must be greater than current size. (current: 3, extended: 3)."),
        extend(1).fails(400, "New size for extend must be greater"),
        extend(0).fails(400, "field/attribute new_size. Value: 0. 0 is less than the minimum of 1"),
        extend(99_999_999_999).fails(400, "99999999999 is greater than the maximum of 2147483647"),
        extend(2_147_483_647).fails(413, "QuotaUsageOverflow").header("retry-after", "0"),
        extend(9).by(Who::Stranger).fails(404, "Volume {v} could not be found."),
        post(Volume, "/volumes/{nothing}/action", nothing).fails(404, "Volume {nothing} could not be found."),
        of_project(6),
        // Of the six, five are this volume's and the other one's.
        extend(5)
            .fails(413, "Requested 2G, quota is 6G and 5G has been consumed.")
            .header("retry-after", "0"),
        of_project(1000),
    ]
}

fn updates() -> Vec<Step> {
    let changed = |name: &str, description: &str| {
        let more = json!({"name": format!("={name}"), "description": format!("={description}")});
        json!({"volume": with(newest(), more)})
    };
    vec![
        update(json!({"name": "n", "metadata": {"k": "v"}})).gives(200, changed("n", "d")),
        get(Volume, "/volumes/{v}").until("/volume/metadata/k", json!("v")).status(200),
        update(json!({"description": "e"})).gives(200, changed("n", "e")),
        update(json!({"name": " m ", "description": ""})).gives(200, changed("m", "")),
        update(json!({})).fails(400, "is not valid under any of the given schemas"),
        update(json!({"name": "x".repeat(256)})).fails(400, "name has 256 characters, more than 255"),
        update(json!({"description": "x".repeat(256)}))
            .fails(400, "description has 256 characters, more than 255"),
        update(json!({"name": "z"})).by(Who::Stranger).fails(404, "Volume {v} could not be found."),
        put(Volume, "/volumes/{nothing}", json!({"volume": {"name": "z"}}))
            .fails(404, "Volume {nothing} could not be found."),
    ]
}
