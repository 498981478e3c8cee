//! The ports of share servers: what Manila asks of Neutron, without a call in between.

use std::net::Ipv4Addr;

use jiff::Timestamp;

use super::Networks;
use super::address::Device;
use super::port::Port;
use super::standard::Standard;

/// Who has the ports of share servers.
pub(super) const SHARE_SERVER: &str = "manila:share";
/// How many ports one takes.
const PORTS: usize = 2;

/// What Manila keeps of a subnet.
pub(crate) struct SubnetFacts {
    pub(crate) cidr: String,
    pub(crate) gateway: Option<Ipv4Addr>,
    pub(crate) mtu: u64,
}

impl Networks {
    pub(crate) fn subnet_facts(&self, id: &str) -> Option<SubnetFacts> {
        let subnet = self.subnets.get(id)?;
        let mtu = self.networks.get(&subnet.network_id)?.mtu;
        Some(SubnetFacts { cidr: subnet.cidr.to_string(), gateway: subnet.gateway, mtu })
    }

    /// Takes the next free addresses of the subnet; `None` where it is gone, full, or another network's.
    pub(crate) fn plug_share_server(
        &mut self,
        network_id: &str,
        subnet_id: &str,
        server: &Device<'_>,
        now: Timestamp,
    ) -> Option<Vec<String>> {
        self.subnets.get(subnet_id).filter(|subnet| subnet.network_id == network_id)?;
        let mut addresses = Vec::with_capacity(PORTS);
        for number in 0..PORTS {
            let Some(address) = self.take_address(subnet_id) else {
                self.unplug(server.id);
                return None;
            };
            let standard = Standard::new(&format!("{}_{number}", server.id), server.project_id, now);
            let mut port = Port::new(standard, network_id, vec![(subnet_id.to_owned(), address)]);
            server.id.clone_into(&mut port.device_id);
            SHARE_SERVER.clone_into(&mut port.device_owner);
            port.groups.insert(self.default_group(server.project_id, now));
            self.ports.insert(port.standard.id.clone(), port);
            addresses.push(address.to_string());
        }
        Some(addresses)
    }
}
