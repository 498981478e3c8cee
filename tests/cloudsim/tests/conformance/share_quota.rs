//! Over quota: Manila's 413.

use serde_json::{Value, json};

use crate::cloud::Api::Share;
use crate::share::{available, make};
use crate::step::{Step, Who, get, post, put};

fn limited(quota: Value) -> Step {
    put(Share, "/quota-sets/{project}", json!({"quota_set": quota})).by(Who::Admin)
}

pub(crate) fn table() -> Vec<Step> {
    let share = |size: u32| make(json!({"share_proto": "NFS", "size": size, "share_network_id": "{n}"}));
    let network = post(Share, "/share-networks", json!({"share_network": {"name": "m"}}));
    let shown = json!({"id": "={project}", "shares": 50, "gigabytes": 1000, "share_networks": 10,
        "per_share_gigabytes": -1, "...": ""});
    let mut steps = available();
    steps.extend([
        get(Share, "/quota-sets/{project}").gives(200, json!({"quota_set": shown})),
        limited(json!({"shares": 1})).status(200),
        share(1)
            .fails(413, "ShareLimitExceeded: Maximum number of shares allowed (1) either per project/user or share type quota is exceeded.")
            .header("retry-after", "0"),
        limited(json!({"shares": 10, "gigabytes": 4})).status(200),
        share(4).fails(413, "ShareSizeExceedsAvailableQuota: Requested share exceeds allowed project/user or share type gigabytes quota."),
        limited(json!({"gigabytes": 1000, "per_share_gigabytes": 1})).status(200),
        share(3).fails(413, "ShareSizeExceedsLimit: Requested share size 3 is larger than maximum allowed limit 1."),
        limited(json!({"share_networks": 1})).status(200),
        network.fails(413, "ShareNetworksLimitExceeded: Maximum number of share-networks allowed (1) exceeded."),
        limited(json!({"shares": 0})).fails(400, "Quota value 0 for shares is smaller than already used and reserved 1."),
        limited(json!({"shares": 5})).by(Who::Tenant).fails(403, "Access was denied to this resource."),
        get(Share, "/quota-sets/{project}").by(Who::Stranger).fails(403, "Access was denied to this resource."),
    ]);
    steps
}
