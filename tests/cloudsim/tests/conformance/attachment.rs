//! Volumes on servers: the way there and back, and who stays when the server goes.

use serde_json::{Value, json};

use crate::cloud::Api::{Compute, Volume};
use crate::compute::active;
use crate::step::{Step, delete, get, post};

const ATTACHMENTS: &str = "/servers/{s}/os-volume_attachments";
const OF_VOLUME: &str = "/servers/{s}/os-volume_attachments/{v}";

fn attach(volume: &str) -> Step {
    post(Compute, ATTACHMENTS, json!({"volumeAttachment": {"volumeId": volume}}))
}

fn volume_is(status: &str) -> Step {
    get(Volume, "/volumes/{v}").until("/volume/status", json!(status)).status(200)
}

/// From 2.89 without `id`.
fn newest() -> Value {
    json!({
        "volumeId": "str", "serverId": "str", "device": "~/dev/", "tag": null, "delete_on_termination": "bool",
        "attachment_id": "str", "bdm_uuid": "str",
    })
}

pub(crate) fn table() -> Vec<Step> {
    let mut steps = active("s");
    steps.extend([
        post(Volume, "/volumes", json!({"volume": {"size": 2}})).status(202).save("v", "/volume/id"),
        volume_is("available"),
    ]);
    steps.extend(attached());
    steps.extend(refused());
    steps.extend(grown());
    steps.extend(suspended());
    steps.extend(detached());
    steps.extend(left());
    steps
}

fn attached() -> Vec<Step> {
    let answer = json!({
        "id": "={v}", "serverId": "={s}", "volumeId": "={v}", "device": "=/dev/sdb", "tag": null,
        "delete_on_termination": false,
    });
    let oldest = json!({"id": "str", "volumeId": "str", "serverId": "str", "device": "str"});
    let of_volume = json!({
        "id": "={v}", "attachment_id": "str", "volume_id": "={v}", "server_id": "={s}", "host_name": null,
        "device": "=/dev/sdb", "attached_at": "str",
    });
    let both = json!([
        {"id": "str", "delete_on_termination": "bool"},
    ]);
    vec![
        attach("{v}").gives(200, json!({"volumeAttachment": answer})),
        volume_is("in-use").gives(200, json!({"volume": {"attachments": [of_volume], "...": ""}})),
        get(Compute, ATTACHMENTS).gives(200, json!({"volumeAttachments": [newest()]})),
        get(Compute, ATTACHMENTS).version("compute 2.1").gives(200, json!({"volumeAttachments": [oldest]})),
        get(Compute, OF_VOLUME).gives(200, json!({"volumeAttachment": newest()})),
        get(Compute, "/servers/{s}")
            .until("/server/os-extended-volumes:volumes_attached/1/id", json!("{v}"))
            .gives(200, json!({"server": {"os-extended-volumes:volumes_attached": both, "...": ""}})),
    ]
}

fn refused() -> Vec<Step> {
    let none = "/servers/{nothing}/os-volume_attachments";
    vec![
        attach("{v}").fails(400, "is already attached to instances: {s}"),
        attach("{nothing}").fails(404, "Volume {nothing} could not be found."),
        attach("nothing").fails(400, "'nothing' is not a 'uuid'"),
        post(Compute, ATTACHMENTS, json!({"volumeAttachment": {}}))
            .fails(400, "'volumeId' is a required property"),
        post(Compute, none, json!({"volumeAttachment": {"volumeId": "{v}"}}))
            .fails(404, "Instance {nothing}"),
        get(Compute, "/servers/{s}/os-volume_attachments/{nothing}").fails(404, "is not attached to volume"),
        delete(Compute, "/servers/{s}/os-volume_attachments/{nothing}").fails(404, "Volume {nothing}"),
        delete(Volume, "/volumes/{v}").fails(400, "Volume status must be available or error"),
        get(Compute, ATTACHMENTS).status(200).save("root", "/volumeAttachments/0/volumeId"),
        delete(Compute, "/servers/{s}/os-volume_attachments/{root}")
            .fails(400, "Cannot detach a root device volume"),
    ]
}

/// While it is in use, from 3.42 on.
fn grown() -> Vec<Step> {
    let extend = |size: u32| post(Volume, "/volumes/{v}/action", json!({"os-extend": {"new_size": size}}));
    vec![
        extend(3).version("volume 3.41").fails(400, "to extend, currently in-use."),
        extend(2).version("volume 3.41").fails(400, "New size for extend must be greater"),
        extend(3).version("volume 3.42").empty(202),
        get(Volume, "/volumes/{v}").until("/volume/size", json!(3)).status(200),
        volume_is("in-use"),
    ]
}

fn suspended() -> Vec<Step> {
    let act = |action: &str| post(Compute, "/servers/{s}/action", json!({action: null})).status(202);
    let server_is =
        |status: &str| get(Compute, "/servers/{s}").until("/server/status", json!(status)).status(200);
    vec![
        act("suspend"),
        server_is("SUSPENDED"),
        delete(Compute, OF_VOLUME)
            .fails(409, "Cannot 'detach_volume' instance {s} while it is in vm_state suspended"),
        act("resume"),
        server_is("ACTIVE"),
    ]
}

fn detached() -> Vec<Step> {
    vec![
        delete(Compute, OF_VOLUME).empty(202),
        volume_is("available").gives(200, json!({"volume": {"attachments": [], "...": ""}})),
        delete(Compute, OF_VOLUME).fails(404, "is not attached to volume"),
    ]
}

/// A data volume survives its server; the root volume goes with it.
fn left() -> Vec<Step> {
    vec![
        attach("{v}").status(200),
        volume_is("in-use"),
        delete(Compute, "/servers/{s}").empty(204),
        get(Compute, "/servers/{s}").until_gone(),
        get(Volume, "/volumes/{root}").until_gone(),
        volume_is("available"),
        delete(Volume, "/volumes/{v}").empty(202),
        get(Volume, "/volumes/{v}").until_gone(),
    ]
}
