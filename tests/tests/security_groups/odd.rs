//! Rules as no document shows them: an odd field is converted or empty, and the group is shown.

use cloudsim::{Fault, Service};
use patchbay_tests::{Scene, needs_cloudsim};
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

/// A look at a node of Neutron's database that does not know the group, or not all of its rules, yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_not_seen_at_once_is_not_undone() {
    needs_cloudsim!();
    let scene = Scene::quick().await;
    let absent =
        json!({"NeutronError": {"type": "SecurityGroupNotFound", "message": "No group.", "detail": ""}});
    let cloud = scene.deployment.cloudsim();
    cloud.fault(Fault::status(404, absent).on(Service::Network, "GET", "/security-groups/").times(2));
    let id = shown(scene.create("web", &[tcp(80, 80, "")]).await).security_group_id;

    let mut before = scene.groups().await.remove(0);
    before["security_group_rules"] = json!([]);
    let behind = Fault::status(200, json!({ "security_group": before }));
    // The first look is before the change.
    cloud.fault(behind.on(Service::Network, "GET", "/security-groups/").skip(1).times(1));
    let group = shown(scene.set_rules(&id, &[tcp(80, 80, ""), tcp(443, 443, "")]).await);
    assert_eq!(group.security_group_rules.len(), 2, "{:?}", lines(&group));
}
