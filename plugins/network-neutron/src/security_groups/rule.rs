//! A security group's rule, in Neutron's words and in the contract's. Rules that say the same are one rule: Neutron
//! refuses a second one.

use patchbay_sdk::field::{Id, Number, Text, Time};
use patchbay_sdk::network::{self, PortRange, RuleSpec};
use serde::{Deserialize, Serialize};

const IPV4: &str = "IPv4";
const IPV6: &str = "IPv6";

/// What stands for any code where a rule is about an ICMP type: no code is as high.
const ANY_CODE: u16 = 255;

/// Of both address families: the family tells which.
const ICMP: &str = "icmp";

/// The one name of a protocol, and what else Neutron shows for it: it keeps what was written.
const NAMES: [(&str, &[&str]); 22] = [
    ("hopopt", &["0", "ip"]),
    (ICMP, &["1", "58", "icmpv6", "ipv6-icmp"]),
    ("igmp", &["2"]),
    ("ipip", &["4"]),
    ("tcp", &["6"]),
    ("egp", &["8"]),
    ("udp", &["17"]),
    ("dccp", &["33"]),
    ("ipv6-encap", &["41"]),
    ("ipv6-route", &["43"]),
    ("ipv6-frag", &["44"]),
    ("rsvp", &["46"]),
    ("gre", &["47"]),
    ("esp", &["50"]),
    ("ah", &["51"]),
    ("ipv6-nonxt", &["59"]),
    ("ipv6-opts", &["60"]),
    ("ospf", &["89"]),
    ("vrrp", &["112"]),
    ("pgm", &["113"]),
    ("sctp", &["132"]),
    ("udplite", &["136"]),
];

/// What a rule says: a request's body, and what a ticket keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    direction: String,
    ethertype: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    protocol: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port_range_min: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port_range_max: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remote_ip_prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remote_group_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remote_address_group_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

/// A rule as Neutron shows it.
#[derive(Debug, Deserialize)]
#[serde(from = "Wire")]
pub(super) struct Shown {
    pub(super) id: Id,
    pub(super) rule: Rule,
    created_at: Time,
    updated_at: Time,
}

/// The same field by field.
#[derive(Deserialize)]
struct Wire {
    id: Id,
    direction: Text,
    ethertype: Text,
    protocol: Text,
    port_range_min: Number<u16>,
    port_range_max: Number<u16>,
    remote_ip_prefix: Text,
    remote_group_id: Text,
    remote_address_group_id: Text,
    description: Text,
    created_at: Time,
    updated_at: Time,
}

impl From<Wire> for Shown {
    fn from(wire: Wire) -> Self {
        let rule = Rule {
            direction: wire.direction.into(),
            ethertype: wire.ethertype.into(),
            protocol: wire.protocol.some(),
            port_range_min: wire.port_range_min.get(),
            port_range_max: wire.port_range_max.get(),
            remote_ip_prefix: wire.remote_ip_prefix.some(),
            remote_group_id: wire.remote_group_id.some(),
            remote_address_group_id: wire.remote_address_group_id.some(),
            description: wire.description.some(),
        };
        Self { id: wire.id, rule, created_at: wire.created_at, updated_at: wire.updated_at }
    }
}

impl Rule {
    /// Whether Neutron would take one for a duplicate of the other. What describes them does not count.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.content() == other.content()
    }

    fn content(&self) -> impl PartialEq + '_ {
        let ports = (self.port_range_min, self.port_range_max);
        let groups = (&self.remote_group_id, &self.remote_address_group_id);
        (&self.direction, &self.ethertype, self.protocol(), ports, self.remote_network(), groups)
    }

    /// The protocol's name, ICMP's in both address families; none: any.
    fn protocol(&self) -> Option<&str> {
        let protocol = self.protocol.as_deref()?;
        let known = NAMES.iter().find(|(_, forms)| forms.contains(&protocol));
        Some(known.map_or(protocol, |(name, _)| name))
    }

    fn is_icmp(&self) -> bool {
        self.protocol() == Some(ICMP)
    }

    /// The network that it is about; none: any of its address family.
    fn remote_network(&self) -> Option<&str> {
        self.remote_ip_prefix.as_deref().filter(|prefix| !matches!(*prefix, "0.0.0.0/0" | "::/0"))
    }

    /// What the contract has in the place of a network.
    fn remote(&self) -> &str {
        let groups = self.remote_group_id.as_deref().or(self.remote_address_group_id.as_deref());
        let any = if self.ethertype == IPV6 { "::/0" } else { "" };
        groups.or(self.remote_ip_prefix.as_deref()).unwrap_or(any)
    }

    /// Where it is about one ICMP type alone, any code: that has one.
    fn ports(&self) -> Option<PortRange> {
        let min = self.port_range_min?;
        let max = self.port_range_max.filter(|max| (min, *max) != (0, 0) || !self.is_icmp());
        Some(PortRange { min, max: max.unwrap_or(ANY_CODE) })
    }
}

impl Shown {
    /// As the contract's rule.
    pub(super) fn into_rule(self) -> network::Rule {
        network::Rule {
            protocol: self.rule.protocol().unwrap_or_default().into(),
            ports: self.rule.ports(),
            remote_ip_prefix: self.rule.remote().into(),
            id: self.id.into(),
            description: self.rule.description.unwrap_or_default(),
            direction: self.rule.direction,
            created_at: self.created_at.into(),
            updated_at: self.updated_at.into(),
        }
    }
}

impl From<RuleSpec> for Rule {
    fn from(spec: RuleSpec) -> Self {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let family = if spec.remote_ip_prefix.contains(':') { IPV6 } else { IPV4 };
        let any_code = |max: u16| spec.protocol == ICMP && max == ANY_CODE;
        Self {
            direction: spec.direction,
            ethertype: family.into(),
            port_range_min: spec.ports.map(|ports| ports.min),
            port_range_max: spec.ports.map(|ports| ports.max).filter(|max| !any_code(*max)),
            protocol: some(spec.protocol),
            remote_ip_prefix: some(spec.remote_ip_prefix),
            remote_group_id: None,
            remote_address_group_id: None,
            description: some(spec.description),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An ingress rule for a protocol from a network, as a request has it.
    pub(in super::super) fn asked(protocol: &str, remote: &str) -> Rule {
        Rule::from(RuleSpec {
            description: "web".into(),
            direction: "ingress".into(),
            protocol: protocol.into(),
            ports: None,
            remote_ip_prefix: remote.into(),
        })
    }

    /// The same as Neutron shows it, with this as its id.
    pub(in super::super) fn shown(id: &str, rule: Rule) -> Shown {
        let at = Time::from("2026-11-23T15:24:38Z");
        Shown { id: id.into(), rule, created_at: at.clone(), updated_at: at }
    }

    fn read(json: &str) -> network::Rule {
        serde_json::from_str::<Shown>(json).unwrap().into_rule()
    }

    #[test]
    fn a_rule_is_read_as_neutron_shows_it() {
        let rule = read(
            r#"{"id": "r1", "project_id": "p", "security_group_id": "g", "ethertype": "IPv4", "direction": "ingress",
            "protocol": "tcp", "port_range_min": 80, "port_range_max": 90, "remote_ip_prefix": "10.0.0.0/8",
            "remote_address_group_id": null, "normalized_cidr": "10.0.0.0/8", "remote_group_id": null,
            "standard_attr_id": 1229, "belongs_to_default_sg": null, "description": null, "tags": [],
            "created_at": "2026-11-23T15:24:38Z", "updated_at": "2026-11-23T15:24:39Z", "revision_number": 0}"#,
        );
        assert_eq!((rule.id.as_str(), rule.protocol.as_str(), rule.description.as_str()), ("r1", "tcp", ""));
        assert_eq!(rule.ports.map(|ports| (ports.min, ports.max)), Some((80, 90)));
        assert_eq!((rule.remote_ip_prefix.as_str(), rule.direction.as_str()), ("10.0.0.0/8", "ingress"));
        assert_eq!(rule.updated_at, "2026-11-23T15:24:39Z");
    }

    #[test]
    fn a_rule_never_looks_wider_than_it_is() {
        let egress = |more: &str| read(&format!(r#"{{"id": "r", "direction": "egress", {more}}}"#));
        assert_eq!(egress(r#""ethertype": "IPv4""#).remote_ip_prefix, "");
        assert_eq!(egress(r#""ethertype": "IPv6""#).remote_ip_prefix, "::/0");
        assert_eq!(egress(r#""ethertype": "IPv4", "remote_group_id": "g1""#).remote_ip_prefix, "g1");
        let echo = egress(r#""ethertype": "IPv4", "protocol": "icmp", "port_range_min": 0"#);
        assert_eq!(echo.ports.map(|ports| (ports.min, ports.max)), Some((0, 255)));
    }

    #[test]
    fn a_rule_is_known_by_what_it_says() {
        let tcp = asked("tcp", "10.0.0.0/8");
        assert!(tcp.says_the_same(&Rule { description: None, ..tcp.clone() }));
        assert!(tcp.says_the_same(&Rule { protocol: Some("6".into()), ..tcp.clone() }));
        assert!(asked("tcp", "").says_the_same(&asked("tcp", "0.0.0.0/0")));
        assert!(asked("icmp", "::/0").says_the_same(&Rule {
            protocol: Some("ipv6-icmp".into()),
            remote_ip_prefix: None,
            ..asked("icmp", "::/0")
        }));
        let others = [
            asked("udp", "10.0.0.0/8"),
            asked("tcp", ""),
            asked("tcp", "::/0"),
            Rule { direction: "egress".into(), ..tcp.clone() },
            Rule { port_range_min: Some(1), port_range_max: Some(1), ..tcp.clone() },
            Rule { remote_group_id: Some("g1".into()), ..tcp.clone() },
        ];
        for other in others {
            assert!(!tcp.says_the_same(&other), "{other:?}");
        }
    }

    #[test]
    fn a_protocol_has_one_name() {
        let named = |protocol: &str| {
            shown("r", Rule { protocol: Some(protocol.into()), ..asked("", "") }).into_rule().protocol
        };
        for (shown, name) in [("132", "sctp"), ("sctp", "sctp"), ("0", "hopopt"), ("200", "200")] {
            assert_eq!(named(shown), name);
        }
        assert!(asked("sctp", "").says_the_same(&Rule { protocol: Some("132".into()), ..asked("", "") }));
    }

    #[test]
    fn an_icmp_type_has_a_code_or_any() {
        let ports = |min, max| Some(PortRange { min, max });
        let asked = |min, max| {
            Rule::from(RuleSpec {
                description: String::new(),
                direction: "ingress".into(),
                protocol: ICMP.into(),
                ports: ports(min, max),
                remote_ip_prefix: String::new(),
            })
        };
        assert_eq!((asked(8, 0).port_range_min, asked(8, 0).port_range_max), (Some(8), Some(0)));
        assert_eq!((asked(3, 255).port_range_min, asked(3, 255).port_range_max), (Some(3), None));
        for (min, max, told) in [(8, Some(0), (8, 0)), (3, None, (3, 255)), (0, Some(0), (0, 255))] {
            let rule = Rule { port_range_min: Some(min), port_range_max: max, ..asked(8, 0) };
            assert_eq!(rule.ports().map(|ports| (ports.min, ports.max)), Some(told), "{min} {max:?}");
        }
    }

    #[test]
    fn icmp_is_icmp_in_both_families() {
        let shown = shown("r", Rule { protocol: Some("ipv6-icmp".into()), ..asked("icmp", "fd00::/8") });
        assert_eq!(shown.into_rule().protocol, "icmp");
    }
}
