//! What can be done to a server, from which state, and what it looks like meanwhile.

use serde_json::{Value, json};

use crate::cloud::Api::Compute;
use crate::compute::active;
use crate::step::{Step, Who, get, post};

fn act(body: Value) -> Step {
    post(Compute, "/servers/{s}/action", body)
}

/// The status, reached and at rest.
fn rests(status: &str) -> [Step; 2] {
    let look = || get(Compute, "/servers/{s}");
    [
        look().until("/server/status", json!(status)).status(200),
        look()
            .until("/server/OS-EXT-STS:task_state", json!(null))
            .gives(200, json!({"server": {"status": format!("={status}"), "...": ""}})),
    ]
}

/// An accepted action and where it leads.
fn goes(body: Value, status: &str) -> Vec<Step> {
    let mut steps = vec![act(body).empty(202)];
    steps.extend(rests(status));
    steps
}

fn wrong(body: Value, name: &str, state: &str) -> Step {
    act(body).fails(409, &format!("Cannot '{name}' instance {{s}} while it is in vm_state {state}"))
}

fn reboot(kind: &str) -> Value {
    json!({"reboot": {"type": kind}})
}

fn resize(flavor: &str) -> Value {
    json!({"resize": {"flavorRef": flavor}})
}

pub(crate) fn table() -> Vec<Step> {
    let mut steps = active("s");
    steps.extend(refused());
    steps.extend(stopped());
    steps.extend(goes(reboot("SOFT"), "ACTIVE"));
    steps.extend(goes(reboot("HARD"), "ACTIVE"));
    steps.extend(suspended());
    steps.extend(resized());
    steps.push(
        get(Compute, "/servers/{s}/os-instance-actions")
            .gives(200, json!({"instanceActions": [{"action": "str", "message": null, "...": ""}]})),
    );
    steps
}

fn refused() -> Vec<Step> {
    vec![
        wrong(json!({"os-start": null}), "start", "active"),
        wrong(json!({"resume": null}), "resume", "active"),
        wrong(json!({"confirmResize": null}), "confirmResize", "active"),
        wrong(json!({"revertResize": null}), "revertResize", "active"),
        act(resize("{small}")).fails(400, "When resizing, instances must change flavor!"),
        act(resize("{nothing}")).fails(400, "Flavor {nothing} could not be found."),
        act(json!({"resize": {}})).fails(400, "'flavorRef' is a required property"),
        act(reboot("MEDIUM")).fails(400, "'MEDIUM' is not one of"),
        act(json!({"bogus": null})).fails(400, "There is no such action: bogus"),
        act(json!({})).fails(400, "Malformed request body"),
        act(json!({"os-stop": null})).by(Who::Stranger).fails(404, "could not be found"),
        act(json!({"os-stop": null})).by(Who::Roleless).fails(403, "os_compute_api:servers:stop"),
    ]
}

fn stopped() -> Vec<Step> {
    let mut steps = goes(json!({"os-stop": null}), "SHUTOFF");
    steps.extend([
        get(Compute, "/servers/{s}").gives(
            200,
            json!({"server": {"OS-EXT-STS:vm_state": "=stopped", "OS-EXT-STS:power_state": 4, "...": ""}}),
        ),
        wrong(json!({"os-stop": null}), "stop", "stopped"),
        wrong(reboot("SOFT"), "reboot", "stopped"),
        wrong(json!({"suspend": null}), "suspend", "stopped"),
    ]);
    steps.extend(goes(json!({"os-start": null}), "ACTIVE"));
    steps
}

fn suspended() -> Vec<Step> {
    let mut steps = goes(json!({"suspend": null}), "SUSPENDED");
    steps.extend([
        wrong(json!({"suspend": null}), "suspend", "suspended"),
        wrong(json!({"os-start": null}), "start", "suspended"),
        wrong(json!({"os-stop": null}), "stop", "suspended"),
    ]);
    steps.extend(goes(json!({"resume": null}), "ACTIVE"));
    steps
}

fn resized() -> Vec<Step> {
    let flavor = |name: &str| {
        get(Compute, "/servers/{s}").until("/server/flavor/original_name", json!(name)).status(200)
    };
    let mut steps = goes(resize("{large}"), "VERIFY_RESIZE");
    steps.extend([
        flavor("{name}.large"),
        wrong(resize("{small}"), "resize", "resized"),
        wrong(json!({"os-stop": null}), "stop", "resized"),
        act(json!({"confirmResize": null})).empty(204),
    ]);
    steps.extend(rests("ACTIVE"));
    steps.extend(goes(resize("{small}"), "VERIFY_RESIZE"));
    steps.extend(goes(json!({"revertResize": null}), "ACTIVE"));
    steps.push(flavor("{name}.large"));
    steps
}
