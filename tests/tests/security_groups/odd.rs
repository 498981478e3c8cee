//! Rules as no document shows them: an odd field is converted or empty, and the group is shown.

use cloudsim::{Fault, Service};
use patchbay_tests::needs_cloudsim;
use serde_json::{Value, json};

use crate::call::{SecurityGroups, lines, patient, shown, tcp};

/// Fields of a rule for TCP ports 80 to 90, odd values of them, and what the rule says then.
fn table() -> [(Value, &'static str); 7] {
    [
        (json!({"port_range_min": "80", "port_range_max": 90.0}), "ingress tcp 80-90 10.0.0.0/8 \"tcp 80\""),
        (json!({"port_range_min": -1, "port_range_max": -1}), "ingress tcp 0-0 10.0.0.0/8 \"tcp 80\""),
        (json!({"protocol": 6}), "ingress tcp 80-90 10.0.0.0/8 \"tcp 80\""),
        (json!({"protocol": "6"}), "ingress tcp 80-90 10.0.0.0/8 \"tcp 80\""),
        (json!({"created_at": null, "updated_at": null}), "ingress tcp 80-90 10.0.0.0/8 \"tcp 80\""),
        (json!({"description": null, "ethertype": null}), "ingress tcp 80-90 10.0.0.0/8 \"\""),
        (json!({"remote_group_id": [], "normalized_cidr": {}}), "ingress tcp 80-90 10.0.0.0/8 \"tcp 80\""),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odd_field_of_a_rule_costs_no_group() {
    needs_cloudsim!();
    let scene = patient().await;
    let id = shown(scene.create("web", &[tcp(80, 90, "10.0.0.0/8")]).await).security_group_id;
    let group = scene.groups().await.remove(0);
    let rules = group["security_group_rules"].as_array().unwrap();
    let at = rules.iter().position(|rule| rule["protocol"] == "tcp").unwrap();
    let cloud = scene.deployment.cloudsim();
    for (odd, says) in table() {
        let mut group = group.clone();
        let rule = &mut group["security_group_rules"][at];
        for (field, value) in odd.as_object().unwrap() {
            rule[field] = value.clone();
        }
        cloud.clear_faults();
        let answer = json!({ "security_group": group });
        cloud.fault(Fault::status(200, answer).on(Service::Network, "GET", "/security-groups/"));
        let group = shown(scene.get(&id).await);
        assert_eq!(group.security_group_rules.len(), rules.len(), "{odd}");
        assert!(lines(&group).iter().any(|line| line == says), "{odd}: {:?}", lines(&group));
    }
    cloud.clear_faults();
}
