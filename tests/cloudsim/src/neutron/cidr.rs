//! IPv4 networks and their addresses.

use std::fmt;
use std::net::Ipv4Addr;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Cidr {
    pub(super) network: Ipv4Addr,
    pub(super) prefix: u32,
}

impl Cidr {
    /// "10.0.0.0/24", with or without bits of a host; an address alone is a network of one. `None` where it
    /// is no IPv4 network.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').unwrap_or((text, "32"));
        let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= 32)?;
        let address: Ipv4Addr = address.parse().ok()?;
        Some(Self { network: Ipv4Addr::from_bits(address.to_bits() & mask(prefix)), prefix })
    }

    /// How many addresses it has, the network's and the broadcast's among them.
    pub(super) fn size(self) -> u32 {
        1_u32.checked_shl(32 - self.prefix).unwrap_or(u32::MAX)
    }

    pub(super) fn host(self, number: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network.to_bits().saturating_add(number))
    }

    pub(super) fn contains(self, address: Ipv4Addr) -> bool {
        address.to_bits() & mask(self.prefix) == self.network.to_bits()
    }

    pub(super) fn overlaps(self, other: Self) -> bool {
        self.contains(other.network) || other.contains(self.network)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

fn mask(prefix: u32) -> u32 {
    u32::MAX.checked_shl(32 - prefix).unwrap_or(0)
}
