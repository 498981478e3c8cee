//! The protocols that a rule may name, by word or by number, and the one form in which each is passed on and shown. What
//! a rule says beside its protocol is in `rule`.

use patchbay_core::error::Error;

/// IANA's numbers of the protocols that Neutron knows by names, the name by which each is told first.
const NAMES: [(u8, &[&str]); 23] = [
    (0, &["hopopt", "ip"]),
    (1, &["icmp"]),
    (2, &["igmp"]),
    (4, &["ipip"]),
    (6, &["tcp"]),
    (8, &["egp"]),
    (17, &["udp"]),
    (33, &["dccp"]),
    (41, &["ipv6-encap"]),
    (43, &["ipv6-route"]),
    (44, &["ipv6-frag"]),
    (46, &["rsvp"]),
    (47, &["gre"]),
    (50, &["esp"]),
    (51, &["ah"]),
    (58, &[ICMP_V6, "icmpv6"]),
    (59, &["ipv6-nonxt"]),
    (60, &["ipv6-opts"]),
    (89, &["ospf"]),
    (112, &["vrrp"]),
    (113, &["pgm"]),
    (132, &["sctp"]),
    (136, &["udplite"]),
];

/// ICMP of IPv6, which is told as [`ICMP`] too: the network says which of both it is.
pub(super) const ICMP_V6: &str = "ipv6-icmp";
/// ICMP.
pub(super) const ICMP: &str = "icmp";
/// Those that have ports.
const WITH_PORTS: [&str; 5] = ["tcp", "udp", "dccp", "sctp", "udplite"];
/// Those whose headers are IPv6's own.
const OF_IPV6: [&str; 5] = [ICMP_V6, "ipv6-route", "ipv6-frag", "ipv6-nonxt", "ipv6-opts"];

/// The protocol in its one form: its name, or its number where it has none; empty for any.
///
/// # Errors
/// It is neither a name, in whatever case, nor 0 to 255.
pub(super) fn named(field: &str, value: &str) -> Result<String, Error> {
    let word = value.to_ascii_lowercase();
    if word.is_empty() || word == "any" {
        return Ok(String::new());
    }
    let known =
        NAMES.iter().find(|(number, names)| names.contains(&word.as_str()) || number.to_string() == word);
    match (known, word.parse::<u8>()) {
        (Some((_, names)), _) => Ok(names[0].to_owned()),
        (None, Ok(number)) => Ok(number.to_string()),
        (None, Err(_)) => {
            let names = NAMES.map(|(_, names)| names[0]).join(", ");
            Err(Error::invalid(format!("{field} must be any, one of {names}, or a number from 0 to 255.")))
        }
    }
}

/// Whether it has ports.
pub(super) fn has_ports(protocol: &str) -> bool {
    WITH_PORTS.contains(&protocol)
}

/// Whether it is one of IPv6 alone.
pub(super) fn is_of_ipv6(protocol: &str) -> bool {
    OF_IPV6.contains(&protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_has_one_form() {
        let told = |value: &str| named("protocol", value).map_err(|error| error.message().to_owned());
        for (value, form) in [
            ("", ""),
            ("any", ""),
            ("ANY", ""),
            ("tcp", "tcp"),
            ("TCP", "tcp"),
            ("6", "tcp"),
            ("SCTP", "sctp"),
            ("132", "sctp"),
            ("vrrp", "vrrp"),
            ("51", "ah"),
            ("icmpv6", ICMP_V6),
            ("58", ICMP_V6),
            ("ip", "hopopt"),
            ("0", "hopopt"),
            ("200", "200"),
            ("007", "7"),
            ("255", "255"),
        ] {
            assert_eq!(told(value).as_deref(), Ok(form), "{value}");
        }
        for wrong in ["bogus", "256", "-1", "tcp ", "6.0"] {
            assert!(told(wrong).unwrap_err().starts_with("protocol must be"), "{wrong}");
        }
    }
}
