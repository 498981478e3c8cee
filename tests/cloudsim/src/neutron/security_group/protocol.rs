//! The protocols that a rule may name, by word or by number.

use serde_json::Value;

use super::traffic::{IPV4, IPV6, refusal};
use crate::call::Refusal;

/// The protocols that have names.
const PROTOCOLS: [(&str, u8); 25] = [
    ("ah", 51),
    ("dccp", 33),
    ("egp", 8),
    ("esp", 50),
    ("gre", 47),
    ("hopopt", 0),
    ("icmp", 1),
    ("igmp", 2),
    ("ip", 0),
    ("ipip", 4),
    ("ipv6-encap", 41),
    ("ipv6-frag", 44),
    ("ipv6-icmp", 58),
    ("icmpv6", 58),
    ("ipv6-nonxt", 59),
    ("ipv6-opts", 60),
    ("ipv6-route", 43),
    ("ospf", 89),
    ("pgm", 113),
    ("rsvp", 46),
    ("sctp", 132),
    ("tcp", 6),
    ("udp", 17),
    ("udplite", 136),
    ("vrrp", 112),
];
/// The number of ICMP for IPv6.
const ICMP_V6: u8 = 58;

/// What two numbers a rule may say beside a protocol; `Bare` is none.
pub(super) enum Family {
    /// The first and the last port.
    WithPorts,
    /// A type and a code.
    Icmp,
    Bare,
}

impl Family {
    pub(super) fn of(protocol: &str) -> Self {
        match number(protocol) {
            Some(6 | 17 | 33 | 132 | 136) => Self::WithPorts,
            Some(1 | ICMP_V6) => Self::Icmp,
            _ => Self::Bare,
        }
    }
}

/// As Neutron keeps it: in lower case, ICMP of IPv6 by one name.
pub(super) fn protocol(value: Option<&Value>, ethertype: &str) -> Result<Option<String>, Refusal> {
    let text = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.to_lowercase(),
        Some(other) => other.to_string(),
    };
    if text == "any" {
        return Ok(None);
    }
    match number(&text) {
        None => {
            let names = PROTOCOLS.map(|(name, _)| format!("'{name}'")).join(", ");
            let message = format!(
                "Security group rule protocol {text} not supported. Only protocol values (None, 'any', {names}) and \
                 integer representations [0 to 255] are supported."
            );
            Err(refusal("SecurityGroupRuleInvalidProtocol", message))
        }
        Some(ICMP_V6) if ethertype == IPV4 => {
            let message = format!("Invalid ethertype {ethertype} for protocol {text}.");
            Err(refusal("SecurityGroupEthertypeConflictWithProtocol", message))
        }
        Some(_) if ethertype == IPV6 && text == "icmp" || text == "icmpv6" => {
            Ok(Some("ipv6-icmp".to_owned()))
        }
        Some(_) => Ok(Some(text)),
    }
}

pub(super) fn number(protocol: &str) -> Option<u8> {
    let named = PROTOCOLS.iter().find(|(name, _)| *name == protocol).map(|(_, number)| *number);
    named.or_else(|| protocol.parse().ok())
}
