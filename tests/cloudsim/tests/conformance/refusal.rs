//! Who is turned away, and how: no token, a token that is none, no role, another tenant.

use serde_json::json;

use crate::cloud::Api::{Compute, Network, Share, Volume};
use crate::step::{Step, Who, get, post};

pub(crate) fn table() -> Vec<Step> {
    let mut steps = Vec::new();
    for (api, path) in
        [(Compute, "/servers"), (Volume, "/volumes"), (Network, "/networks"), (Share, "/shares")]
    {
        for who in [Who::Nobody, Who::Forger] {
            steps.push(turned_away(get(api, path).by(who)));
        }
    }
    steps.extend(roleless());
    steps
}

/// The same from every service behind Keystone's middleware.
fn turned_away(step: Step) -> Step {
    let error = json!({"code": 401, "title": "=Unauthorized", "message": "~requires authentication"});
    step.gives(401, json!({"error": error})).header("www-authenticate", "Keystone uri=")
}

fn roleless() -> Vec<Step> {
    let may_not = |step: Step, rule: &str| {
        step.by(Who::Roleless).fails(403, &format!("Policy doesn't allow {rule} to be performed."))
    };
    let volume = json!({"volume": {"size": 1}});
    vec![
        may_not(get(Compute, "/servers"), "os_compute_api:servers:index"),
        may_not(get(Compute, "/servers/detail"), "os_compute_api:servers:detail"),
        may_not(get(Volume, "/volumes/detail"), "volume:get_all"),
        may_not(post(Volume, "/volumes", volume.clone()), "volume:create"),
        get(Share, "/shares").by(Who::Roleless).fails(403, "Access was denied to this resource."),
        post(Volume, "/volumes", volume).status(202).save("v", "/volume/id"),
        get(Volume, "/volumes/{v}").by(Who::Roleless).fails(404, "could not be found"),
        get(Volume, "/volumes/{v}").by(Who::Stranger).fails(404, "could not be found"),
    ]
}
