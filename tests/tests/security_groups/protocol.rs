//! Every protocol that Neutron takes, by word or number, in any case, with ICMP's types and codes: asked for, and read back in
//! one form.

use patchbay_proto::securitygroup::SecurityGroupRuleSet;

use crate::INVALID;
use crate::call::{SecurityGroups, all, lines, patient, shown};

/// A protocol, two numbers, and a network.
type Asked<'a> = (&'a str, i32, i32, &'a str);

/// What comes in so.
fn asked((protocol, min, max, remote): Asked<'_>) -> SecurityGroupRuleSet {
    SecurityGroupRuleSet { port_range_min: min, port_range_max: max, ..all("ingress", protocol, remote) }
}

/// What is asked for, and what is told of it.
const RULES: [(Asked<'_>, &str); 15] = [
    (("SCTP", 5000, 5001, ""), "ingress sctp 5000-5001  \"\""),
    (("vrrp", 0, 0, ""), "ingress vrrp 0-0  \"\""),
    (("50", 0, 0, ""), "ingress esp 0-0  \"\""),
    (("ah", 0, 0, ""), "ingress ah 0-0  \"\""),
    (("47", 0, 0, "10.0.0.0/8"), "ingress gre 0-0 10.0.0.0/8 \"\""),
    (("200", 0, 0, ""), "ingress 200 0-0  \"\""),
    (("255", 0, 0, ""), "ingress 255 0-0  \"\""),
    (("0", 0, 0, ""), "ingress hopopt 0-0  \"\""),
    (("ICMP", 8, 0, ""), "ingress icmp 8-0  \"\""),
    (("1", 3, 255, ""), "ingress icmp 3-255  \"\""),
    (("ipv6-icmp", 0, 0, ""), "ingress icmp 0-0 ::/0 \"\""),
    (("58", 128, 0, "fd00::/8"), "ingress icmp 128-0 fd00::/8 \"\""),
    (("TCP", 80, 80, "2001:db8::/32"), "ingress tcp 80-80 2001:db8::/32 \"\""),
    (("ipv6-frag", 0, 0, ""), "ingress ipv6-frag 0-0 ::/0 \"\""),
    (("udplite", 7, 9, ""), "ingress udplite 7-9  \"\""),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_protocol_is_read_back_in_one_form() {
    let scene = patient().await;
    let rules = RULES.map(|(rule, _)| asked(rule));
    let group = shown(scene.create("all", &rules).await);
    for (rule, line) in RULES {
        assert!(lines(&group).iter().any(|told| told == line), "{rule:?}: {:?}", lines(&group));
    }
    // The same again changes nothing: each is known in the form in which the cloud keeps it.
    let again = shown(scene.set_rules(&group.security_group_id, &rules).await);
    assert_eq!(again.security_group_rules.len(), RULES.len());
    let ids = |group: &[_]| -> Vec<String> {
        group.iter().map(|rule: &patchbay_proto::securitygroup::security_group_res::security_group::SecurityGroupRule| rule.rule_id.clone()).collect()
    };
    let kept = ids(&group.security_group_rules);
    assert!(ids(&again.security_group_rules).iter().all(|id| kept.contains(id)), "none is made anew");
    assert_eq!(scene.delete(&group.security_group_id).await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_rule_can_say_names_its_field() {
    let scene = patient().await;
    for (rule, field) in [
        (("256", 0, 0, ""), "[0].protocol"),
        (("ipv6-icmp", 0, 0, "10.0.0.0/8"), "[0].protocol"),
        (("vrrp", 80, 80, ""), "[0].port_range_min"),
        (("icmp", 256, 0, ""), "[0].port_range_min"),
        (("icmp", 8, 256, ""), "[0].port_range_max"),
    ] {
        let answer = scene.create("none", &[asked(rule)]).await;
        assert_eq!(answer.code, INVALID, "{rule:?}: {}", answer.msg);
        assert!(answer.msg.contains(field), "{rule:?}: {}", answer.msg);
    }
    assert!(scene.groups().await.is_empty());
}
