//! Over quota: Nova's 403 and Cinder's 413. Neutron's 409 is in `network_quota`.

use serde_json::{Value, json};

use crate::cloud::Api::{Compute, Volume};
use crate::compute::{active, server};
use crate::step::{Step, Who, get, post, put};

fn of_nova(quota: Value) -> Step {
    put(Compute, "/os-quota-sets/{project}", json!({"quota_set": quota})).by(Who::Admin).status(200)
}

fn of_cinder(quota: Value) -> Step {
    put(Volume, "/os-quota-sets/{project}", json!({"quota_set": quota})).by(Who::Admin).status(200)
}

pub(crate) fn table() -> Vec<Step> {
    let one_more = || post(Compute, "/servers", server(json!({})));
    let grow = post(Compute, "/servers/{s}/action", json!({"resize": {"flavorRef": "{large}"}}));
    let volume = |size: u32| post(Volume, "/volumes", json!({"volume": {"size": size}}));
    let mut steps = active("s");
    steps.extend([
        of_nova(json!({"instances": 1, "cores": 1})),
        one_more().fails(
            403,
            "Quota exceeded for cores, instances: Requested 1, 1, but already used 1, 1 of 1, 1 cores, instances",
        ),
        grow.fails(403, "Quota exceeded for cores: Requested 1, but already used 1 of 1 cores"),
        of_nova(json!({"instances": 10, "cores": 20, "ram": 300})),
        one_more().fails(403, "Quota exceeded for ram: Requested 256, but already used 256 of 300 ram"),
        get(Compute, "/os-quota-sets/{project}").by(Who::Admin).gives(
            200,
            json!({"quota_set": {"id": "={project}", "instances": 10, "cores": 20, "ram": 300, "...": ""}}),
        ),
        of_cinder(json!({"volumes": 1})),
        volume(1)
            .fails(413, "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota 'volumes'.")
            .header("retry-after", "0"),
        of_cinder(json!({"volumes": 10, "gigabytes": 4})),
        volume(5).fails(413, "Requested 5G, quota is 4G and 1G has been consumed."),
        put(Compute, "/os-quota-sets/{project}", json!({"quota_set": {"cores": 99}})).fails(403, "os-quota-sets"),
    ]);
    steps
}
