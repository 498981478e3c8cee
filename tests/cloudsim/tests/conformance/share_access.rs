//! Manila: who may mount a share.

use serde_json::{Value, json};

use crate::cloud::Api::Share;
use crate::share::available;
use crate::step::{Step, Who, get, post};

fn action(body: Value) -> Step {
    post(Share, "/shares/{s}/action", body)
}

fn allow(to: &str) -> Step {
    action(json!({"allow_access": {"access_type": "ip", "access_to": to, "access_level": "ro"}}))
}

/// As a list has it.
fn rule() -> Value {
    json!({
        "id": "str", "access_level": "=ro", "access_to": "=10.0.0.0/24", "access_type": "=ip", "state": "str",
        "access_key": null, "created_at": "str", "updated_at": "str?", "metadata": {},
    })
}

pub(crate) fn table() -> Vec<Step> {
    let mut made = rule();
    (made["share_id"], made["state"]) = (json!("={s}"), json!("=queued_to_apply"));
    let mut steps = available();
    steps.extend([
        allow("10.0.0.0/24").gives(200, json!({"access": made})).save("rule", "/access/id"),
        get(Share, "/share-access-rules/{rule}").until("/access/state", json!("active")).status(200),
        get(Share, "/share-access-rules?share_id={s}").gives(200, json!({"access_list": [rule()]})),
        get(Share, "/share-access-rules?share_id={s}&access_to=10.0.0.9")
            .gives(200, json!({"access_list": []})),
        get(Share, "/shares/{s}").until("/share/access_rules_status", json!("active")).status(200),
    ]);
    steps.extend(refused());
    steps.extend([
        action(json!({"deny_access": {"access_id": "{rule}"}})).empty(202),
        get(Share, "/share-access-rules/{rule}")
            .until_gone()
            .fails(404, "Share access rule {rule} not found."),
        get(Share, "/share-access-rules?share_id={s}").gives(200, json!({"access_list": []})),
    ]);
    steps
}

fn refused() -> Vec<Step> {
    let allow_as = |kind: &str, level: &str| {
        action(json!({"allow_access": {"access_type": kind, "access_to": "10.0.1.5", "access_level": level}}))
    };
    vec![
        allow("10.0.0.0/24").fails(400, "Share access ip:10.0.0.0/24 exists."),
        allow("10.0.0.300").fails(400, "'10.0.0.300' does not appear to be an IPv4 or IPv6 network"),
        allow_as("ip", "xx").fails(400, "Invalid share access level: xx."),
        allow_as("zz", "rw").fails(400, "Only 'ip', 'user', 'cert' or 'cephx' access types are supported."),
        action(json!({"deny_access": {"access_id": "{nothing}"}})).fails(404, "Resource could not be found."),
        action(json!({"access_list": null})).fails(404, "The resource could not be found."),
        action(json!({"nothing": {}})).fails(400, "There is no such action: nothing"),
        allow("10.0.1.0/24").by(Who::Stranger).fails(404, "Resource could not be found."),
        // Wrong input here, and not a missing resource.
        get(Share, "/share-access-rules").fails(400, "The field 'share_id' has to be specified."),
        get(Share, "/share-access-rules?share_id={nothing}").fails(400, "Share {nothing} not found."),
        get(Share, "/share-access-rules?share_id={s}").by(Who::Stranger).fails(400, "Share {s} not found."),
        get(Share, "/share-access-rules/{rule}")
            .by(Who::Stranger)
            .fails(404, "Share access rule {rule} not found."),
    ]
}
