//! The addresses that servers hold: what Nova asks of Neutron, without a call in between.

use std::net::Ipv4Addr;

use jiff::Timestamp;

use super::port::Port;
use super::standard::Standard;
use super::subnet::Subnet;
use super::{FIRST_HOST, Networks};
use crate::call::Refusal;

/// Who has the ports of servers.
pub(super) const SERVER: &str = "compute:nova";

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

/// A server that is to be on a network.
pub(crate) struct Device<'a> {
    pub(crate) id: &'a str,
    pub(crate) project_id: &'a str,
    /// The ids of its security groups; none is the project's default.
    pub(crate) groups: &'a [String],
}

impl Networks {
    /// The ids of the networks that a project may put servers on.
    pub(crate) fn usable(&self, project_id: &str) -> Vec<String> {
        let usable = self.networks.values().filter(|network| network.is_usable_by(project_id));
        usable.map(|network| network.standard.id.clone()).collect()
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
    pub(crate) fn plug(&mut self, network_id: &str, device: &Device<'_>, now: Timestamp) -> Option<Address> {
        let network = self.networks.get(network_id)?.standard.name.clone();
        let (subnet_id, address) = self.next_address(network_id)?;
        let standard = Standard::new("", device.project_id, now);
        let mut port = Port::new(standard, network_id, vec![(subnet_id.clone(), address)]);
        device.id.clone_into(&mut port.device_id);
        SERVER.clone_into(&mut port.device_owner);
        port.groups = device.groups.iter().filter(|id| self.groups.contains_key(*id)).cloned().collect();
        if device.groups.is_empty() {
            port.groups.insert(self.default_group(device.project_id, now));
        }
        let place = Address {
            port_id: port.standard.id.clone(),
            network,
            network_id: network_id.to_owned(),
            subnet_id,
            address: address.to_string(),
            mac: port.mac.clone(),
        };
        self.ports.insert(port.standard.id.clone(), port);
        Some(place)
    }

    /// Frees what a server held.
    pub(crate) fn unplug(&mut self, device_id: &str) {
        self.ports.retain(|_, port| port.device_id != device_id);
    }

    /// A free address of the network's first subnet that has one.
    pub(super) fn next_address(&mut self, network_id: &str) -> Option<(String, Ipv4Addr)> {
        let subnets = self.subnets.values().filter(|subnet| subnet.network_id == network_id);
        let ids: Vec<String> = subnets.map(|subnet| subnet.standard.id.clone()).collect();
        ids.into_iter().find_map(|id| self.take_address(&id).map(|address| (id, address)))
    }

    /// A free address of the subnet, which the next one to ask does not get.
    pub(super) fn take_address(&mut self, subnet_id: &str) -> Option<Ipv4Addr> {
        let address = self.free_address(self.subnets.get(subnet_id)?)?;
        if let Some(subnet) = self.subnets.get_mut(subnet_id) {
            subnet.next_host = subnet.next_host.saturating_add(1);
        }
        Some(address)
    }

    /// The next that nobody had; where there is none, the lowest that is free.
    pub(super) fn free_address(&self, subnet: &Subnet) -> Option<Ipv4Addr> {
        // The first of a network's hosts has the number 1.
        let from = |number: u32| subnet.cidr.hosts().skip(number as usize - 1);
        let mut addresses = from(subnet.next_host).chain(from(FIRST_HOST)).chain(from(1));
        addresses
            .find(|address| subnet.gateway != Some(*address) && !self.is_taken(&subnet.standard.id, *address))
    }
}
