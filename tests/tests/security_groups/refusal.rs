//! Requests with one thing wrong at a time, and groups that are somebody else's: the field is named, nothing changes.

use patchbay_proto::securitygroup::{CreateSecurityGroupReq, SecurityGroupRuleSet};

use crate::call::{SecurityGroups, all, patient, shown, tcp};
use crate::step::only_is;
use crate::{EXISTS, INVALID, NOT_FOUND, NOTHING, QUOTA};

/// What is wrong, the field that the sentence names, and the change of a good request.
type Case = (&'static str, &'static str, fn(&mut CreateSecurityGroupReq));

fn set(request: &mut CreateSecurityGroupReq, change: impl FnOnce(&mut SecurityGroupRuleSet)) {
    change(&mut request.security_group_rule_sets[1]);
}

const WRONG: [Case; 20] = [
    ("no name", "security_group_name", |r| r.security_group_name.clear()),
    ("a blank name", "security_group_name", |r| r.security_group_name = " ".to_owned()),
    ("a long name", "security_group_name", |r| r.security_group_name = "云".repeat(256)),
    ("a line break", "security_group_desc", |r| r.security_group_desc = "a\nb".to_owned()),
    ("no direction", "[1].direction", |r| set(r, |rule| rule.direction.clear())),
    ("an unknown direction", "[1].direction", |r| set(r, |rule| rule.direction = "up".to_owned())),
    ("an unknown protocol", "[1].protocol", |r| set(r, |rule| rule.protocol = "bogus".to_owned())),
    ("a range reversed", "[1].port_range_min", |r| set(r, |rule| rule.port_range_min = 444)),
    ("a port below 0", "[1].port_range_min", |r| set(r, |rule| rule.port_range_min = -1)),
    ("a port above 65535", "[1].port_range_max", |r| set(r, |rule| rule.port_range_max = 65_536)),
    ("the largest number", "[1].port_range_max", |r| set(r, |rule| rule.port_range_max = i32::MAX)),
    ("port 0", "[1].port_range_min", |r| set(r, |rule| rule.port_range_min = 0)),
    ("icmp with ports", "[1].port_range_min", |r| set(r, |rule| rule.protocol = "icmp".to_owned())),
    ("any protocol with ports", "[1].port_range_min", |r| set(r, |rule| rule.protocol.clear())),
    ("no network", "[1].remote_ip_prefix", |r| set(r, |rule| rule.remote_ip_prefix = "x".to_owned())),
    ("host bits", "[1].remote_ip_prefix", |r| set(r, |rule| rule.remote_ip_prefix = "10.0.0.7/8".to_owned())),
    ("IPv6 host bits", "[1].remote_ip_prefix", |r| {
        set(r, |rule| rule.remote_ip_prefix = "fd00::1/8".to_owned());
    }),
    ("a long prefix", "[1].remote_ip_prefix", |r| {
        set(r, |rule| rule.remote_ip_prefix = "10.0.0.0/33".to_owned());
    }),
    ("a rule twice", "[1] says the same as security_group_rule_sets[0]", |r| {
        set(r, |rule| *rule = SecurityGroupRuleSet { rule_desc: "again".to_owned(), ..tcp(80, 80, "") });
    }),
    ("too many rules", "security_group_rule_sets", |r| {
        r.security_group_rule_sets = (1..=257).map(|port| tcp(port, port, "")).collect();
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn one_thing_wrong_is_named_and_nothing_is_made() {
    let scene = patient().await;
    for (what, field, spoil) in WRONG {
        let mut request = CreateSecurityGroupReq {
            security_group_name: "web".to_owned(),
            security_group_rule_sets: vec![tcp(80, 80, ""), tcp(443, 443, "10.0.0.0/8")],
            ..scene.tenant.request()
        };
        spoil(&mut request);
        let answer = scene.client().create_security_group(request).await.unwrap().into_inner();
        assert_eq!((answer.code, answer.security_group), (INVALID, None), "{what}: {}", answer.msg);
        assert!(answer.msg.contains(field), "{what}: {}", answer.msg);
    }
    assert!(scene.groups().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_the_default_group_is_taken() {
    let scene = patient().await;
    let answer = scene.create("default", &[]).await;
    assert_eq!(answer.code, EXISTS, "{}", answer.msg);
    assert!(answer.msg.contains("security_group_name"), "{}", answer.msg);
    let id = shown(scene.create("web", &[tcp(80, 80, "")]).await).security_group_id;
    let before = shown(scene.get(&id).await);
    let answer = scene.update(&id, "default", &[tcp(81, 81, "")]).await;
    assert_eq!(answer.code, EXISTS, "{}", answer.msg);
    assert!(answer.msg.contains("as it was before"), "{}", answer.msg);
    let after = shown(scene.get(&id).await);
    assert_eq!(after.security_group_name, "web");
    assert_eq!(after.security_group_rules, before.security_group_rules, "no old rule was gone for a while");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_operation_is_named() {
    let scene = patient().await;
    let id = shown(scene.create("web", &[]).await).security_group_id;
    let many: Vec<String> = (0..65).map(|n| format!("{n}{}", &NOTHING[2..])).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (field, ops_type, instances) in [
        ("ops_type", "", &[NOTHING][..]),
        ("ops_type", "move", &[NOTHING]),
        ("instance_ids", "attach", &[]),
        ("instance_ids", "detach", &many),
        ("instance_ids[1] is the same as instance_ids[0]", "attach", &[NOTHING, NOTHING]),
        ("instance_ids[0]", "attach", &["../servers"]),
        ("instance_ids[1]", "attach", &[NOTHING, ""]),
    ] {
        let answer = scene.operate(&id, ops_type, instances).await;
        assert_eq!(answer.code, INVALID, "{field}: {}", answer.msg);
        assert!(answer.msg.contains(field), "{field}: {}", answer.msg);
    }
}

/// Somebody else's group is as good as none, for every call.
#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_another_tenant_is_not_found() {
    let mut scene = patient().await;
    let own = shown(scene.create("web", &[tcp(80, 80, "")]).await);
    let owner = std::mem::replace(&mut scene.tenant, scene.deployment.tenant("other").await);
    for id in [own.security_group_id.as_str(), NOTHING, "detail"] {
        let answers = [
            ("get", scene.get(id).await.code),
            ("update", scene.update(id, "mine", &[all("ingress", "", "")]).await.code),
            ("operate", scene.operate(id, "attach", &[NOTHING]).await.code),
            ("delete", scene.delete(id).await.code),
        ];
        for (call, code) in answers {
            assert_eq!(code, NOT_FOUND, "{call} {id}");
        }
    }
    scene.tenant = owner;
    assert_eq!(shown(scene.get(&own.security_group_id).await), own);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_is_used_up_is_told() {
    let scene = patient().await;
    let id = shown(scene.create("web", &[tcp(80, 80, "")]).await).security_group_id;
    let before = shown(scene.get(&id).await);
    // The default group's four rules, and this one's three.
    scene.admin.limit(&scene.project, "security_group_rule", 8).await;
    let answer = scene.set_rules(&id, &[tcp(1, 1, ""), tcp(2, 2, "")]).await;
    assert_eq!(answer.code, QUOTA, "{}", answer.msg);
    assert!(
        answer.msg.contains("rules is used up") && answer.msg.contains("as it was before"),
        "{}",
        answer.msg
    );
    assert_eq!(shown(scene.get(&id).await), before);

    let answer = scene.create("more", &[tcp(1, 1, "")]).await;
    assert_eq!(answer.code, QUOTA, "{}", answer.msg);
    scene.admin.limit(&scene.project, "security_group_rule", 100).await;
    scene.admin.limit(&scene.project, "security_group", 2).await;
    let answer = scene.create("more", &[]).await;
    assert_eq!(answer.code, QUOTA, "{}", answer.msg);
    only_is(&scene, &id).await;
    scene.admin.unlimited(&scene.project).await;
}
