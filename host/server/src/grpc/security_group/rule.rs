//! A security group's rules as a request has them, checked before a plugin sees them, and as an answer shows them.
//! Each refusal names the rule and its field.

use std::collections::HashMap;

use patchbay_core::error::Error;
use patchbay_proto::securitygroup::SecurityGroupRuleSet;

use super::{SecurityGroupRule, check, wit};
use crate::grpc::cidr;

/// Rules of one request.
const RULES_MAX: usize = 256;

/// The field of the request.
const FIELD: &str = "security_group_rule_sets";

/// The largest port.
const PORT_MAX: i32 = 65_535;

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
    Ok(wit::RuleSpec {
        description: check::text(&format!("{rule}.rule_desc"), &set.rule_desc)?,
        direction: check::one_of(&format!("{rule}.direction"), &set.direction, &["ingress", "egress"])?,
        protocol: protocol(&format!("{rule}.protocol"), &set.protocol)?,
        ports: ports(rule, set)?,
        remote_ip_prefix: remote(&format!("{rule}.remote_ip_prefix"), &set.remote_ip_prefix)?,
    })
}

/// Empty means any.
fn protocol(field: &str, value: &str) -> Result<String, Error> {
    if value.is_empty() {
        return Ok(String::new());
    }
    let word = check::one_of(field, value, &["tcp", "udp", "icmp", "any"])?;
    Ok(if word == "any" { String::new() } else { word })
}

/// Both 0 mean all, and so does the whole range: no backend has a port 0.
fn ports(rule: &str, set: &SecurityGroupRuleSet) -> Result<Option<wit::PortRange>, Error> {
    let (min, max) = (set.port_range_min, set.port_range_max);
    let invalid = |end: &str, why: String| Err(Error::invalid(format!("{rule}.port_range_{end} {why}")));
    let is_port = |port: &i32| (0..=PORT_MAX).contains(port);
    match (min, max) {
        (0, 0) => Ok(None),
        _ if !is_port(&min) => invalid("min", format!("must be 0 to {PORT_MAX}, not {min}.")),
        _ if !is_port(&max) => invalid("max", format!("must be 0 to {PORT_MAX}, not {max}.")),
        _ if !matches!(set.protocol.as_str(), "tcp" | "udp") => {
            invalid("min", "and port_range_max must be 0: only tcp and udp have ports.".to_owned())
        }
        _ if min > max => invalid("min", format!("is above port_range_max: {min} and {max}.")),
        (0, PORT_MAX) => Ok(None),
        (0, _) => invalid("min", "must be at least 1: there is no port 0.".to_owned()),
        _ => Ok(u16::try_from(min)
            .ok()
            .zip(u16::try_from(max).ok())
            .map(|(min, max)| wit::PortRange { min, max })),
    }
}

/// Empty means any IPv4 address.
fn remote(field: &str, value: &str) -> Result<String, Error> {
    if value.is_empty() { Ok(String::new()) } else { Ok(cidr::network(field, value)?.to_string()) }
}

fn content(spec: &wit::RuleSpec) -> Content {
    let ports = spec.ports.map(|ports| (ports.min, ports.max));
    let any = if spec.remote_ip_prefix == "0.0.0.0/0" { "" } else { &spec.remote_ip_prefix };
    (spec.direction.clone(), spec.protocol.clone(), ports, any.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong, the field that the sentence names, and the change of a good rule.
    type Case = (&'static str, &'static str, fn(&mut SecurityGroupRuleSet));

    const WRONG: [Case; 16] = [
        ("no direction", "direction", |r| r.direction.clear()),
        ("an unknown direction", "direction", |r| r.direction = "sideways".into()),
        ("an unknown protocol", "protocol", |r| r.protocol = "bogus".into()),
        ("a protocol's number", "protocol", |r| r.protocol = "6".into()),
        ("a range from above to below", "port_range_min", |r| r.port_range_min = 91),
        ("a range without an end", "port_range_min", |r| r.port_range_max = 0),
        ("a range from port 0", "port_range_min", |r| r.port_range_min = 0),
        ("a port below all", "port_range_min", |r| r.port_range_min = -1),
        ("a port above all", "port_range_max", |r| r.port_range_max = 65_536),
        ("the smallest number", "port_range_max", |r| r.port_range_max = i32::MIN),
        ("icmp with ports", "port_range_min", |r| r.protocol = "icmp".into()),
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
