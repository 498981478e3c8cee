//! The tenant's network from which a share is reached, as Neutron shows it to the tenant. A filer takes any address, so
//! whose network it is has to be asked here.

use std::net::IpAddr;

use serde::Deserialize;

use crate::Error;
use crate::error::kind;
use crate::openstack::Service;
use crate::openstack::page::{self, Chunk, LIST_ITEMS_MAX, Marker};

/// The name under which the route lends the cloud as the tenant.
pub const UPSTREAM: &str = "openstack";

const NEUTRON: Service = Service { upstream: UPSTREAM, root: &["network", "v2.0"], microversion: None };

#[derive(Deserialize)]
struct Subnets {
    subnets: Vec<Subnet>,
}

/// Addresses of a network.
#[derive(Debug, Deserialize)]
pub struct Subnet {
    /// Neutron's.
    pub id: String,
    ip_version: u8,
    /// As "10.0.0.0/24".
    pub cidr: String,
}

#[derive(Deserialize)]
struct Ports {
    ports: Vec<Port>,
    #[serde(default)]
    ports_links: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    rel: String,
}

/// The port of an instance.
#[derive(Debug, Deserialize)]
pub struct Port {
    id: String,
    /// The instance's id.
    #[serde(rename = "device_id")]
    pub instance_id: String,
    device_owner: String,
    fixed_ips: Vec<FixedIp>,
}

#[derive(Debug, Deserialize)]
struct FixedIp {
    ip_address: IpAddr,
}

impl Port {
    /// Those that the instance has here.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.fixed_ips.iter().map(|ip| ip.ip_address)
    }
}

impl Marker for Port {
    fn marker(&self) -> &str {
        &self.id
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
    let answer = NEUTRON.get(&["subnets"]).query("network_id", network).ok().await?;
    let Subnets { mut subnets } = answer.json()?;
    if subnets.is_empty() {
        let sentence = format!("network_id: the network {network} has no subnet.");
        return Err(Error::public(kind::CONFLICT, sentence));
    }
    subnets.sort_by(|a, b| (a.ip_version, &a.id).cmp(&(b.ip_version, &b.id)));
    Ok(subnets)
}

/// The ports of the tenant's instances in a network.
///
/// # Errors
/// Those of Neutron.
pub async fn instance_ports(network: &str) -> Result<Vec<Port>, Error> {
    let mut ports =
        page::first(LIST_ITEMS_MAX, async |limit, after: Option<&str>| chunk(network, limit, after).await)
            .await?;
    ports.retain(|port: &Port| port.device_owner.starts_with("compute:"));
    Ok(ports)
}

async fn chunk(network: &str, limit: usize, after: Option<&str>) -> Result<Chunk<Port>, Error> {
    let request = NEUTRON.get(&["ports"]).query("network_id", network).query("limit", limit);
    let request = match after {
        Some(after) => request.query("marker", after),
        None => request,
    };
    let Ports { ports, ports_links } = request.ok().await?.json()?;
    Ok(Chunk { items: ports, more: ports_links.iter().any(|link| link.rel == "next") })
}
