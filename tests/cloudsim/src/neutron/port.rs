//! Addresses that servers hold. Nova takes, shows and frees them; clients of Neutron see them only as what is in use.

use std::net::Ipv4Addr;

use super::{FIRST_HOST, Networks};
use crate::call::Refusal;
use crate::world::uuid;

/// An address in use.
pub(super) struct Port {
    pub(super) network_id: String,
    pub(super) subnet_id: String,
    device_id: String,
    address: Ipv4Addr,
}

/// A server's place on a network.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) port_id: String,
    /// The name of the network.
    pub(crate) network: String,
    pub(crate) network_id: String,
    pub(crate) subnet_id: String,
    pub(crate) address: String,
    pub(crate) mac: String,
}

impl Networks {
    /// The ids of the networks that a project may put servers on.
    pub(crate) fn usable(&self, project_id: &str) -> Vec<String> {
        let usable = self.networks.values().filter(|n| n.shared || n.project_id == project_id);
        usable.map(|network| network.id.clone()).collect()
    }

    /// Whether servers can be on the network; the sentence is Nova's.
    pub(crate) fn check(&self, network_id: &str, project_id: &str) -> Result<(), Refusal> {
        if !self.usable(project_id).iter().any(|id| id == network_id) {
            return Err(Refusal::bad_request(format!("Network {network_id} could not be found.")));
        }
        if !self.subnets.values().any(|subnet| subnet.network_id == network_id) {
            let message = format!("Network {network_id} requires a subnet in order to boot instances on.");
            return Err(Refusal::bad_request(message));
        }
        Ok(())
    }

    /// Takes the next free address for a server; `None` where the network is gone or full.
    pub(crate) fn plug(&mut self, network_id: &str, device_id: &str) -> Option<Address> {
        let network = self.networks.get(network_id)?.name.clone();
        let subnet = self.subnets.values_mut().find(|subnet| subnet.network_id == network_id)?;
        let taken =
            |address: Ipv4Addr| self.ports.values().any(|p| p.subnet_id == subnet.id && p.address == address);
        let last = subnet.cidr.size() - 2;
        let first = FIRST_HOST.min(last);
        let fresh = (subnet.next_host <= last).then_some(subnet.next_host);
        let host = fresh.or_else(|| (first..=last).find(|host| !taken(subnet.cidr.host(*host))))?;
        subnet.next_host = subnet.next_host.saturating_add(1);
        let address = subnet.cidr.host(host);
        let (port_id, network_id, subnet_id) = (uuid(), network_id.to_owned(), subnet.id.clone());
        let port = Port {
            network_id: network_id.clone(),
            subnet_id: subnet_id.clone(),
            device_id: device_id.to_owned(),
            address,
        };
        self.ports.insert(port_id.clone(), port);
        let [_, a, b, c] = address.octets();
        Some(Address {
            port_id,
            network,
            network_id,
            subnet_id,
            address: address.to_string(),
            mac: format!("fa:16:3e:{a:02x}:{b:02x}:{c:02x}"),
        })
    }

    /// Frees what a server held.
    pub(crate) fn unplug(&mut self, device_id: &str) {
        self.ports.retain(|_, port| port.device_id != device_id);
    }
}
