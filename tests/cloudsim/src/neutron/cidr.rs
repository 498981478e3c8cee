//! IPv4 networks and their addresses.

use std::net::Ipv4Addr;

#[derive(Clone, Copy)]
pub(super) struct Cidr {
    pub(super) network: Ipv4Addr,
    pub(super) prefix: u32,
}

impl Cidr {
    /// "10.0.0.0/24"; `None` where it is no IPv4 network.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let prefix: u32 = prefix.parse().ok().filter(|prefix| (1..=30).contains(prefix))?;
        let address: Ipv4Addr = address.parse().ok()?;
        let network = Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << (32 - prefix)));
        Some(Self { network, prefix })
    }

    /// How many addresses it has, the network's and the broadcast's among them.
    pub(super) fn size(self) -> u32 {
        1 << (32 - self.prefix)
    }

    pub(super) fn host(self, number: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network.to_bits() + number)
    }

    pub(super) fn overlaps(self, other: Self) -> bool {
        let mask = u32::MAX << (32 - self.prefix.min(other.prefix));
        self.network.to_bits() & mask == other.network.to_bits() & mask
    }
}
