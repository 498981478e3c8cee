//! Whom an address stands for, where connections or calls are counted by it.

use std::net::{IpAddr, Ipv6Addr};

/// What of an IPv6 address names a network; the rest its members choose themselves.
const NETWORK: u128 = u128::MAX << 64;

/// The address itself, and of IPv6 its network of 64 bits: whoever has one of its addresses has them all.
pub(crate) fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn a_network_counts_as_one() {
        let of = |address: &str| counted(address.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }
}
