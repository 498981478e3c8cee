//! The traffic that a rule lets through: how a body says it, and what it cannot say. Protocols are in `protocol`.

use ipnet::IpNet;
use serde_json::Value;

use super::super::attributes::{Attributes, quoted, wrong};
use super::protocol::{Family, number, protocol};
use crate::call::Refusal;

pub(super) const INGRESS: &str = "ingress";
pub(super) const IPV4: &str = "IPv4";
pub(super) const IPV6: &str = "IPv6";

/// What a rule is about. Absent is any.
#[derive(Clone)]
pub(super) struct Traffic {
    pub(super) direction: String,
    pub(super) ethertype: &'static str,
    pub(super) protocol: Option<String>,
    /// Of ICMP, the type and the code.
    pub(super) port_min: Option<i64>,
    pub(super) port_max: Option<i64>,
    pub(super) prefix: Option<String>,
    /// A security group's id.
    pub(super) group: Option<String>,
}

impl Traffic {
    /// Everything in one direction, of IPv4 and of IPv6.
    pub(super) fn all(direction: &str, group: Option<&str>) -> [Self; 2] {
        [IPV4, IPV6].map(|ethertype| Self {
            direction: direction.to_owned(),
            ethertype,
            protocol: None,
            port_min: None,
            port_max: None,
            prefix: None,
            group: group.map(str::to_owned),
        })
    }

    /// As a body says it, each value by itself.
    pub(super) fn of(attributes: &Attributes) -> Result<Self, Refusal> {
        let ethertype = ethertype(attributes.get("ethertype"))?;
        Ok(Self {
            direction: direction(attributes)?,
            ethertype,
            protocol: protocol(attributes.get("protocol"), ethertype)?,
            port_min: port(attributes.get("port_range_min"))?,
            port_max: port(attributes.get("port_range_max"))?,
            prefix: prefix(attributes.get("remote_ip_prefix"))?,
            group: attributes.get("remote_group_id").and_then(Value::as_str).map(str::to_owned),
        })
    }

    /// What the values are together.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        self.check_ports()?;
        let Some(prefix) = &self.prefix else { return Ok(()) };
        if self.group.is_some() {
            let message =
                "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.";
            return Err(refusal("SecurityGroupMultipleRemoteEntites", message));
        }
        if prefix.contains(':') != (self.ethertype == IPV6) {
            let message = format!("Conflicting value ethertype {} for CIDR {prefix}", self.ethertype);
            return Err(refusal("SecurityGroupRuleParameterConflict", message));
        }
        Ok(())
    }

    fn check_ports(&self) -> Result<(), Refusal> {
        let (min, max) = (self.port_min, self.port_max);
        if min.is_none() && max.is_none() {
            return Ok(());
        }
        let Some(protocol) = &self.protocol else {
            let message = "Must also specify protocol if port range is given.";
            return Err(refusal("SecurityGroupProtocolRequiredWithPorts", message));
        };
        match Family::of(protocol) {
            Family::WithPorts => check_range(min, max),
            Family::Icmp => check_icmp(min, max),
            Family::Bare => Err(refusal(
                "SecurityGroupInvalidProtocolForPort",
                format!(
                    "Ports cannot be specified for protocol {protocol}. Ports are only supported for DCCP, SCTP, \
                     TCP, UDP, UDPLITE."
                ),
            )),
        }
    }

    /// Whether Neutron calls the other a duplicate: prefixes are compared as they were written.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let any = |prefix: &Option<String>| prefix.clone().filter(|p| p != "0.0.0.0/0" && p != "::/0");
        let number = |traffic: &Self| traffic.protocol.as_deref().map(number);
        self.direction == other.direction
            && self.ethertype == other.ethertype
            && number(self) == number(other)
            && (self.port_min, self.port_max) == (other.port_min, other.port_max)
            && any(&self.prefix) == any(&other.prefix)
            && self.group == other.group
    }

    /// The prefix without the bits of a host.
    pub(super) fn normalized(&self) -> Option<String> {
        self.prefix.as_deref()?.parse().ok().map(|prefix: IpNet| prefix.trunc().to_string())
    }
}

pub(super) fn refusal(kind: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::bad_request(message).kind(kind)
}

fn direction(attributes: &Attributes) -> Result<String, Refusal> {
    let value = attributes.required("direction")?;
    let direction = value.as_str().filter(|direction| matches!(*direction, "ingress" | "egress"));
    let refuse =
        || wrong("direction", &format!("{} is not in valid_values.", quoted(value).trim_matches('\'')));
    direction.map(str::to_owned).ok_or_else(refuse)
}

fn ethertype(value: Option<&Value>) -> Result<&'static str, Refusal> {
    let Some(value) = value else { return Ok(IPV4) };
    let text = value.as_str().unwrap_or_default();
    let known = [IPV4, IPV6].into_iter().find(|known| known.eq_ignore_ascii_case(text));
    known.ok_or_else(|| {
        let message = format!(
            "Security group rule for ethertype {} not supported. Allowed values are ['IPv4', 'IPv6'].",
            quoted(value)
        );
        refusal("SecurityGroupRuleInvalidEtherType", message)
    })
}

fn port(value: Option<&Value>) -> Result<Option<i64>, Refusal> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let number = value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    let number = number.filter(|number| (0..=65535).contains(number));
    number.map(Some).ok_or_else(|| invalid_port(quoted(value).trim_matches('\'')))
}

fn invalid_port(port: &str) -> Refusal {
    refusal("SecurityGroupInvalidPortValue", format!("Invalid value for port {port}"))
}

fn check_range(min: Option<i64>, max: Option<i64>) -> Result<(), Refusal> {
    if min == Some(0) || max == Some(0) {
        return Err(invalid_port("0"));
    }
    if min.zip(max).is_some_and(|(min, max)| min <= max) {
        return Ok(());
    }
    let message = "For TCP/UDP protocols, port_range_min must be <= port_range_max";
    Err(refusal("SecurityGroupInvalidPortRange", message))
}

fn check_icmp(kind: Option<i64>, code: Option<i64>) -> Result<(), Refusal> {
    for (value, what) in [(kind, "type (port_range_min)"), (code, "code (port_range_max)")] {
        if let Some(value) = value.filter(|value| *value > 255) {
            let message = format!("Invalid value for ICMP {what} {value}. It must be 0 to 255.");
            return Err(refusal("SecurityGroupInvalidIcmpValue", message));
        }
    }
    match (kind, code) {
        (None, Some(code)) => {
            let message = format!(
                "ICMP code (port-range-max) {code} is provided but ICMP type (port-range-min) is missing."
            );
            Err(refusal("SecurityGroupMissingIcmpType", message))
        }
        _ => Ok(()),
    }
}

/// As it was written; an address alone is a network of one.
fn prefix(value: Option<&Value>) -> Result<Option<String>, Refusal> {
    let Some(text) = value.and_then(Value::as_str).filter(|text| !text.is_empty()) else { return Ok(None) };
    let widest = if text.contains(':') { 128 } else { 32 };
    let whole = if text.contains('/') { text.to_owned() } else { format!("{text}/{widest}") };
    let valid = whole.parse::<IpNet>().is_ok();
    let refuse = || refusal("InvalidCIDR", format!("Invalid CIDR {text} given as IP prefix."));
    valid.then_some(Some(whole)).ok_or_else(refuse)
}
