//! The tenant's network from which a share is reached, as Neutron shows it to the tenant. A filer takes any address, so
//! whose network it is has to be asked here.

use std::net::IpAddr;

use serde::Deserialize;

use crate::Error;
use crate::error::kind;
use crate::field::{Id, Items, Number, Parsed, Text};
use crate::openstack::Service;
use crate::openstack::list::{List, Paging};

/// The name under which the route lends the cloud as the tenant.
pub const UPSTREAM: &str = "openstack";

const NEUTRON: Service = Service { upstream: UPSTREAM, root: &["network", "v2.0"], microversion: None };

/// Addresses of a network.
#[derive(Debug, Deserialize)]
pub struct Subnet {
    /// Neutron's.
    pub id: Id,
    ip_version: Number<u16>,
    /// As "10.0.0.0/24".
    pub cidr: Text,
}

/// The port of an instance.
#[derive(Debug, Deserialize)]
pub struct Port {
    /// The instance's id.
    #[serde(rename = "device_id")]
    pub instance_id: Text,
    device_owner: Text,
    #[serde(default)]
    fixed_ips: Items<FixedIp>,
}

#[derive(Debug, Deserialize)]
struct FixedIp {
    ip_address: Parsed<IpAddr>,
}

impl Port {
    /// Those that the instance has here.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.fixed_ips.iter().filter_map(|ip| ip.ip_address.get())
    }
}

/// The subnets of a network, IPv4 first, in a fixed order.
///
/// # Errors
/// "not-found" for a network that the tenant does not see, "conflict" for one without subnets.
pub async fn subnets(network: &str) -> Result<Vec<Subnet>, Error> {
    let shown = NEUTRON.get(&["networks", network]).show().await;
    shown.map_err(|e| {
        e.explain(kind::NOT_FOUND, format_args!("network_id: there is no network {network}."))
    })?;
    let fields = ["id", "network_id", "ip_version", "cidr"];
    let mut subnets: Vec<Subnet> = list("subnets", &fields).filtered(&[("network_id", network)]).await?;
    if subnets.is_empty() {
        let sentence = format!("network_id: the network {network} has no subnet.");
        return Err(Error::public(kind::CONFLICT, sentence));
    }
    subnets.sort_by(|a, b| (a.ip_version.get(), &a.id).cmp(&(b.ip_version.get(), &b.id)));
    Ok(subnets)
}

/// The ports of the tenant's instances in a network.
///
/// # Errors
/// Those of Neutron.
pub async fn instance_ports(network: &str) -> Result<Vec<Port>, Error> {
    let fields = ["id", "network_id", "device_id", "device_owner", "fixed_ips"];
    let mut ports: Vec<Port> = list("ports", &fields).filtered(&[("network_id", network)]).await?;
    ports.retain(|port| port.device_owner.starts_with("compute:"));
    Ok(ports)
}

fn list(key: &'static str, fields: &[&str]) -> List {
    let request = fields.iter().fold(NEUTRON.get(&[key]), |request, field| request.query("fields", field));
    List { request, key, paging: Paging::Marker }
}
