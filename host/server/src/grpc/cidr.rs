//! Networks that a request writes as "10.0.0.0/24", checked before a plugin sees them. Each refusal names the field.

use ipnet::{IpNet, Ipv4Net};
use patchbay_core::error::Error;

/// A network in canonical form: no bits beyond the prefix, one spelling.
pub(super) fn network(field: &str, value: &str) -> Result<IpNet, Error> {
    let network = value.parse::<IpNet>().ok();
    let network =
        network.ok_or_else(|| Error::invalid(format!("{field} must be a network such as 10.0.0.0/24.")))?;
    let canonical = network.trunc();
    if canonical.to_string() == value {
        return Ok(network);
    }
    Err(Error::invalid(format!("{field} must be a network in its usual form; did you mean {canonical}?")))
}

/// The same, where only IPv4 will do.
pub(super) fn ipv4_network(field: &str, value: &str) -> Result<Ipv4Net, Error> {
    match network(field, value)? {
        IpNet::V4(network) => Ok(network),
        IpNet::V6(_) => Err(Error::invalid(format!("{field} must be an IPv4 network; {value} is IPv6."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(value: &str) -> String {
        ipv4_network("subnet", value).unwrap_err().message().to_owned()
    }

    #[test]
    fn a_network_is_taken_in_one_spelling() {
        for value in ["10.0.0.0/24", "0.0.0.0/0", "192.168.7.1/32"] {
            assert_eq!(ipv4_network("subnet", value).unwrap().to_string(), value);
        }
        assert_eq!(network("subnet", "2001:db8::/32").unwrap().to_string(), "2001:db8::/32");
        assert!(network("subnet", "2001:DB8::/32").is_err());
    }

    #[test]
    fn what_is_no_network_is_refused_by_name() {
        for value in
            ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/-1", "10.0.0.0/24 ", "a/24", "300.0.0.0/8"]
        {
            assert!(refusal(value).starts_with("subnet must be a network such as"), "{value}");
        }
    }

    #[test]
    fn bits_beyond_the_prefix_are_told_with_the_right_network() {
        assert!(refusal("10.0.0.7/24").ends_with("did you mean 10.0.0.0/24?"));
        assert!(refusal("2001:db8::1/64").ends_with("did you mean 2001:db8::/64?"));
    }

    #[test]
    fn ipv6_is_told_apart() {
        assert_eq!(refusal("2001:db8::/64"), "subnet must be an IPv4 network; 2001:db8::/64 is IPv6.");
    }
}
