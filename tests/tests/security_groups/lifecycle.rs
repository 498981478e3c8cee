//! A group's life: made with rules, read, given other rules, deleted.

use patchbay_proto::securitygroup::security_group_res::SecurityGroup;
use patchbay_proto::securitygroup::security_group_res::security_group::SecurityGroupRule;
use patchbay_proto::securitygroup::{SecurityGroupRuleSet, UpdateSecurityGroupReq};
use patchbay_tests::Scene;
use serde_json::Value;

use crate::call::{SecurityGroups, all, lines, patient, shown, tcp};
use crate::{CONFLICT, NOT_FOUND};

/// What Neutron gives every new group.
const BORN_WITH: [&str; 2] = ["egress  0-0  \"\"", "egress  0-0 ::/0 \"\""];

#[tokio::test(flavor = "multi_thread")]
async fn a_group_lives() {
    let scene = patient().await;
    let made = scene.create("web", &[tcp(80, 90, "10.0.0.0/8"), all("ingress", "icmp", ""), ipv6()]).await;
    let made = shown(made);
    assert_eq!((made.security_group_name.as_str(), made.security_group_desc.as_str()), ("web", "the first"));
    let rules = [
        "ingress icmp 0-0  \"\"",
        "ingress icmp 0-0 fd00::/8 \"\"",
        "ingress tcp 80-90 10.0.0.0/8 \"tcp 80\"",
    ];
    assert_eq!(lines(&made), [&BORN_WITH[..], &rules].concat());
    is_what_the_cloud_has(&scene, &made).await;
    assert_eq!(shown(scene.get(&made.security_group_id).await), made);

    rules_are_replaced(&scene, &made).await;
    name_and_description_change(&scene, &made.security_group_id).await;
    is_deleted(&scene, &made.security_group_id).await;
}

fn ipv6() -> SecurityGroupRuleSet {
    all("ingress", "icmp", "fd00::/8")
}

/// Nothing in the answer is an echo: the cloud tells its administrator the same.
async fn is_what_the_cloud_has(scene: &Scene, group: &SecurityGroup) {
    let groups = scene.groups().await;
    assert_eq!(groups.len(), 1, "{groups:?}");
    let real = &groups[0];
    assert_eq!(group.security_group_id, real["id"]);
    assert_eq!(group.security_group_name, real["name"]);
    assert_eq!(group.security_group_desc, real["description"]);
    assert_eq!(
        (&group.created_time, &group.updated_time),
        (&time(&real["created_at"]), &time(&real["updated_at"]))
    );
    let rules = real["security_group_rules"].as_array().unwrap();
    assert_eq!(group.security_group_rules.len(), rules.len());
    for rule in &group.security_group_rules {
        let real = rules.iter().find(|real| rule.rule_id == real["id"]).unwrap();
        assert_eq!(rule.direction, real["direction"]);
        assert_eq!(rule.rule_desc, real["description"].as_str().unwrap_or_default());
        assert_eq!(rule.security_group_id, real["security_group_id"]);
        assert_eq!(
            (&rule.created_time, &rule.updated_time),
            (&time(&real["created_at"]), &time(&real["updated_at"]))
        );
    }
}

fn time(value: &Value) -> String {
    let time = value.as_str().unwrap();
    assert!(time.ends_with('Z'), "{time}");
    time.to_owned()
}

/// The rules of an update are all that there is; one in both sets keeps its id, even described otherwise.
async fn rules_are_replaced(scene: &Scene, before: &SecurityGroup) {
    let mut kept = tcp(80, 90, "10.0.0.0/8");
    kept.rule_desc = "described otherwise".to_owned();
    let rules = [tcp(443, 443, ""), kept, all("egress", "any", "0.0.0.0/0")];
    let after = shown(scene.set_rules(&before.security_group_id, &rules).await);
    let expected =
        ["egress  0-0  \"\"", "ingress tcp 443-443  \"tcp 443\"", "ingress tcp 80-90 10.0.0.0/8 \"tcp 80\""];
    assert_eq!(lines(&after), expected);
    for (protocol, remote) in [("tcp", "10.0.0.0/8"), ("", "")] {
        let id = |group: &SecurityGroup| {
            let mut rules = group.security_group_rules.iter();
            let rule = rules
                .find(|rule| (rule.protocol.as_str(), rule.remote_ip_prefix.as_str()) == (protocol, remote));
            rule.unwrap().rule_id.clone()
        };
        assert_eq!(id(&after), id(before), "{protocol} {remote}");
    }
    assert_eq!(after.security_group_name, "web", "an empty name stays");
    is_what_the_cloud_has(scene, &after).await;
}

/// What is answered goes back as it came, and nothing but the name changes.
async fn name_and_description_change(scene: &Scene, id: &str) {
    let before = shown(scene.get(id).await);
    let rules: Vec<_> = before.security_group_rules.iter().map(asked_again).collect();
    let after = shown(scene.update(id, "www", &rules).await);
    assert_eq!(
        (after.security_group_name.as_str(), after.security_group_desc.as_str()),
        ("www", "the first")
    );
    assert_eq!(after.security_group_rules, before.security_group_rules);
    assert_eq!(shown(scene.update(id, "www", &[]).await).security_group_rules, [], "no rule is none");
}

fn asked_again(rule: &SecurityGroupRule) -> SecurityGroupRuleSet {
    SecurityGroupRuleSet {
        rule_desc: rule.rule_desc.clone(),
        direction: rule.direction.clone(),
        protocol: rule.protocol.clone(),
        port_range_min: rule.port_range_min,
        port_range_max: rule.port_range_max,
        remote_ip_prefix: rule.remote_ip_prefix.clone(),
    }
}

async fn is_deleted(scene: &Scene, id: &str) {
    let answer = scene.delete(id).await;
    assert_eq!((answer.code, answer.security_group_id.as_str()), (0, id), "{}", answer.msg);
    assert!(answer.deleted_time.ends_with('Z'), "{answer:?}");
    assert!(scene.groups().await.is_empty());
    let again = scene.delete(id).await;
    assert_eq!(again.code, NOT_FOUND, "{}", again.msg);
    assert!(again.msg.contains(id), "{}", again.msg);
    assert_eq!(scene.get(id).await.code, NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_without_rules_has_those_that_it_is_born_with() {
    let scene = patient().await;
    assert_eq!(lines(&shown(scene.create("bare", &[]).await)), BORN_WITH);
    // One of them asked for is the one that is there.
    let asked = scene.create("same", &[all("egress", "", ""), all("egress", "any", "::/0")]).await;
    assert_eq!(lines(&shown(asked)), BORN_WITH);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_group_stays() {
    let scene = patient().await;
    scene.create("web", &[]).await;
    let id = scene.default_group().await;
    let before = shown(scene.get(&id).await);
    let from_itself = before.security_group_rules.iter().filter(|rule| rule.direction == "ingress");
    assert!(from_itself.clone().count() >= 1, "{before:?}");
    // Nothing that a group alone may send looks as if anyone may.
    assert!(from_itself.into_iter().all(|rule| rule.remote_ip_prefix == id), "{before:?}");

    let deleted = scene.delete(&id).await;
    assert_eq!(deleted.code, CONFLICT, "{}", deleted.msg);
    assert!(deleted.msg.contains("default"), "{}", deleted.msg);
    let renamed = scene.update(&id, "other", &[]).await;
    assert_eq!(renamed.code, CONFLICT, "{}", renamed.msg);
    assert!(renamed.msg.contains("security_group_name"), "{}", renamed.msg);
    assert_eq!(shown(scene.get(&id).await), before);

    let open = shown(scene.update(&id, "default", &[tcp(22, 22, "")]).await);
    assert_eq!(lines(&open), ["ingress tcp 22-22  \"tcp 22\""]);
    let request = UpdateSecurityGroupReq {
        security_group_id: id,
        security_group_name: "default".to_owned(),
        security_group_desc: "ours".to_owned(),
        ..scene.tenant.request()
    };
    let described = scene.client().update_security_group(request).await.unwrap().into_inner();
    assert_eq!(shown(described).security_group_desc, "ours");
}
