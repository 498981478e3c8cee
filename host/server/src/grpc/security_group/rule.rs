//! A security group's rules as a request has them, checked before a plugin sees them, and as an answer shows them.
//! Each refusal names the rule and its field.

use std::collections::HashMap;

use patchbay_core::error::Error;
use patchbay_proto::securitygroup::SecurityGroupRuleSet;

use super::protocol::{self, ICMP, ICMP_V6};
use super::{SecurityGroupRule, check, wit};
use crate::grpc::cidr;

/// Rules of one request.
const RULES_MAX: usize = 256;

/// The field of the request.
const FIELD: &str = "security_group_rule_sets";

/// The largest port.
const PORT_MAX: i32 = 65_535;

/// The largest ICMP type, and the code that stands for any.
const ICMP_MAX: i32 = 255;

/// The networks of all addresses.
const EVERYWHERE_V4: &str = "0.0.0.0/0";
const EVERYWHERE_V6: &str = "::/0";

/// What tells one rule from another: all but its description.
type Content = (String, String, Option<(u16, u16)>, String);

/// The rules as the plugin takes them; no two say the same.
pub(super) fn specs(sets: &[SecurityGroupRuleSet]) -> Result<Vec<wit::RuleSpec>, Error> {
    if sets.len() > RULES_MAX {
        return Err(Error::invalid(format!("{FIELD} holds more than {RULES_MAX} rules.")));
    }
    let mut first = HashMap::new();
    let checked = sets.iter().enumerate().map(|(at, set)| {
        let spec = spec(&format!("{FIELD}[{at}]"), set)?;
        match first.insert(content(&spec), at) {
            Some(before) => Err(Error::invalid(format!("{FIELD}[{at}] says the same as {FIELD}[{before}]."))),
            None => Ok(spec),
        }
    });
    checked.collect()
}

/// The rule as the answer has it.
pub(super) fn shown(group: &str, rule: wit::Rule) -> SecurityGroupRule {
    let (min, max) = rule.ports.map_or((0, 0), |ports| (ports.min, ports.max));
    SecurityGroupRule {
        rule_id: rule.id,
        rule_desc: rule.description,
        direction: rule.direction,
        protocol: rule.protocol,
        port_range_min: min.into(),
        port_range_max: max.into(),
        remote_ip_prefix: rule.remote_ip_prefix,
        security_group_id: group.to_owned(),
        created_time: rule.created_at,
        updated_time: rule.updated_at,
    }
}

fn spec(rule: &str, set: &SecurityGroupRuleSet) -> Result<wit::RuleSpec, Error> {
    let field = format!("{rule}.protocol");
    let named = protocol::named(&field, &set.protocol)?;
    let remote = remote(&format!("{rule}.remote_ip_prefix"), &set.remote_ip_prefix)?;
    let (protocol, remote_ip_prefix) = in_its_family(&field, named, remote)?;
    Ok(wit::RuleSpec {
        description: check::text(&format!("{rule}.rule_desc"), &set.rule_desc)?,
        direction: check::one_of(&format!("{rule}.direction"), &set.direction, &["ingress", "egress"])?,
        ports: ports(rule, &protocol, (set.port_range_min, set.port_range_max))?,
        protocol,
        remote_ip_prefix,
    })
}

/// What is IPv6's alone is about all of IPv6 where no network is given, and about no network of IPv4.
fn in_its_family(field: &str, protocol: String, remote: String) -> Result<(String, String), Error> {
    if !protocol::is_of_ipv6(&protocol) {
        return Ok((protocol, remote));
    }
    let remote = if remote.is_empty() { EVERYWHERE_V6.to_owned() } else { remote };
    if !remote.contains(':') {
        let sentence = format!("{field} {protocol} is one of IPv6, and remote_ip_prefix is of IPv4.");
        return Err(Error::invalid(sentence));
    }
    Ok((if protocol == ICMP_V6 { ICMP.to_owned() } else { protocol }, remote))
}

/// Both 0 mean all, and so does the whole range: no backend has a port 0. Of ICMP they are the type and the code.
fn ports(rule: &str, protocol: &str, (min, max): (i32, i32)) -> Result<Option<wit::PortRange>, Error> {
    let invalid = |end: &str, why: String| Err(Error::invalid(format!("{rule}.port_range_{end} {why}")));
    let largest = if protocol == ICMP { ICMP_MAX } else { PORT_MAX };
    let fits = |number: &i32| (0..=largest).contains(number);
    match (min, max) {
        (0, 0) => return Ok(None),
        _ if !fits(&min) => return invalid("min", format!("must be 0 to {largest}, not {min}.")),
        _ if !fits(&max) => return invalid("max", format!("must be 0 to {largest}, not {max}.")),
        _ if protocol == ICMP => {}
        _ if !protocol::has_ports(protocol) => {
            return invalid("min", "and port_range_max must be 0: the protocol has no ports.".to_owned());
        }
        _ if min > max => return invalid("min", format!("is above port_range_max: {min} and {max}.")),
        (0, PORT_MAX) => return Ok(None),
        (0, _) => return invalid("min", "must be at least 1: there is no port 0.".to_owned()),
        _ => {}
    }
    let both = u16::try_from(min).ok().zip(u16::try_from(max).ok());
    Ok(both.map(|(min, max)| wit::PortRange { min, max }))
}

/// Empty means any IPv4 address.
fn remote(field: &str, value: &str) -> Result<String, Error> {
    if value.is_empty() { Ok(String::new()) } else { Ok(cidr::network(field, value)?.to_string()) }
}

fn content(spec: &wit::RuleSpec) -> Content {
    let ports = spec.ports.map(|ports| (ports.min, ports.max));
    let any = if spec.remote_ip_prefix == EVERYWHERE_V4 { "" } else { &spec.remote_ip_prefix };
    (spec.direction.clone(), spec.protocol.clone(), ports, any.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong, the field that the sentence names, and the change of a good rule.
    type Case = (&'static str, &'static str, fn(&mut SecurityGroupRuleSet));

    const WRONG: [Case; 19] = [
        ("no direction", "direction", |r| r.direction.clear()),
        ("an unknown direction", "direction", |r| r.direction = "sideways".into()),
        ("an unknown protocol", "protocol", |r| r.protocol = "bogus".into()),
        ("a number of no protocol", "protocol", |r| r.protocol = "256".into()),
        ("a protocol of IPv6 from IPv4", "protocol", |r| r.protocol = "ipv6-icmp".into()),
        ("a range from above to below", "port_range_min", |r| r.port_range_min = 91),
        ("a range without an end", "port_range_min", |r| r.port_range_max = 0),
        ("a range from port 0", "port_range_min", |r| r.port_range_min = 0),
        ("a port below all", "port_range_min", |r| r.port_range_min = -1),
        ("a port above all", "port_range_max", |r| r.port_range_max = 65_536),
        ("the smallest number", "port_range_max", |r| r.port_range_max = i32::MIN),
        ("no ICMP type", "port_range_min", |r| (r.protocol, r.port_range_min) = ("icmp".into(), 256)),
        ("no ICMP code", "port_range_max", |r| (r.protocol, r.port_range_max) = ("1".into(), 256)),
        ("a protocol without ports", "port_range_min", |r| r.protocol = "vrrp".into()),
        ("any protocol with ports", "port_range_min", |r| r.protocol.clear()),
        ("no network", "remote_ip_prefix", |r| r.remote_ip_prefix = "everywhere".into()),
        ("an address", "remote_ip_prefix", |r| r.remote_ip_prefix = "10.0.0.7".into()),
        ("bits beyond the prefix", "remote_ip_prefix", |r| r.remote_ip_prefix = "fd00::1/64".into()),
        ("a control character", "rule_desc", |r| r.rule_desc = "a\nb".into()),
    ];

    fn good() -> SecurityGroupRuleSet {
        SecurityGroupRuleSet {
            rule_desc: "web".into(),
            direction: "ingress".into(),
            protocol: "tcp".into(),
            port_range_min: 80,
            port_range_max: 90,
            remote_ip_prefix: "10.0.0.0/8".into(),
        }
    }

    fn refusal(sets: &[SecurityGroupRuleSet]) -> String {
        specs(sets).unwrap_err().message().to_owned()
    }

    #[test]
    fn one_thing_wrong_is_named() {
        for (what, field, spoil) in WRONG {
            let mut wrong = good();
            spoil(&mut wrong);
            let said = refusal(&[good(), wrong]);
            assert!(said.starts_with(&format!("{FIELD}[1].{field} ")), "{what}: {said}");
        }
    }

    #[test]
    fn all_ports_have_two_spellings() {
        for (min, max) in [(0, 0), (0, 65_535)] {
            let all = SecurityGroupRuleSet { port_range_min: min, port_range_max: max, ..good() };
            assert!(specs(&[all]).unwrap()[0].ports.is_none());
        }
        let one = specs(&[good()]).unwrap()[0].ports.unwrap();
        assert_eq!((one.min, one.max), (80, 90));
    }

    #[test]
    fn icmp_has_a_type_and_a_code() {
        let echo = |protocol: &str, min: i32, max: i32, remote: &str| SecurityGroupRuleSet {
            protocol: protocol.into(),
            port_range_min: min,
            port_range_max: max,
            remote_ip_prefix: remote.into(),
            ..good()
        };
        let sets = [
            echo("ICMP", 8, 0, ""),
            echo("icmp", 3, 255, ""),
            echo("58", 128, 0, ""),
            echo("icmpv6", 0, 0, "fd00::/8"),
        ];
        let specs = specs(&sets).unwrap();
        let said: Vec<_> = specs
            .iter()
            .map(|spec| {
                (&*spec.protocol, spec.ports.map(|ports| (ports.min, ports.max)), &*spec.remote_ip_prefix)
            })
            .collect();
        assert_eq!(
            said,
            [
                ("icmp", Some((8, 0)), ""),
                ("icmp", Some((3, 255)), ""),
                ("icmp", Some((128, 0)), "::/0"),
                ("icmp", None, "fd00::/8"),
            ]
        );
        let twice = refusal(&[good(), echo("icmp", 1, 1, "::/0"), echo("ipv6-icmp", 1, 1, "")]);
        assert_eq!(twice, format!("{FIELD}[2] says the same as {FIELD}[1]."));
    }

    #[test]
    fn any_has_two_spellings() {
        let any = |protocol: &str, remote: &str| SecurityGroupRuleSet {
            protocol: protocol.into(),
            remote_ip_prefix: remote.into(),
            port_range_min: 0,
            port_range_max: 0,
            ..good()
        };
        let said = refusal(&[good(), any("any", ""), any("", "0.0.0.0/0")]);
        assert_eq!(said, format!("{FIELD}[2] says the same as {FIELD}[1]."));
        assert_eq!(specs(&[any("any", ""), any("", "::/0"), any("icmp", "")]).unwrap().len(), 3);
    }

    #[test]
    fn rules_are_bounded() {
        let one = |n: u16| SecurityGroupRuleSet { port_range_max: 90 + i32::from(n), ..good() };
        let many: Vec<_> = (0..257).map(one).collect();
        assert_eq!(specs(&many[..256]).unwrap().len(), 256);
        assert!(refusal(&many).starts_with("security_group_rule_sets holds more than"));
    }
}
