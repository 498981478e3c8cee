//! The tenant's networks, as far as shares need them. Manila takes any id for a network's and fails later, so Neutron is
//! asked first.

use patchbay_sdk::Error;
use patchbay_sdk::error::kind;
use patchbay_sdk::openstack::Service;
use patchbay_sdk::openstack::page::{self, Chunk, LIST_ITEMS_MAX, Marker};
use serde::Deserialize;

use crate::manila::UPSTREAM;

const NEUTRON: Service = Service { upstream: UPSTREAM, root: &["network", "v2.0"], microversion: None };

#[derive(Deserialize)]
struct Subnets {
    subnets: Vec<Subnet>,
}

#[derive(Deserialize)]
struct Subnet {
    id: String,
    ip_version: u8,
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

/// A port, and whose it is.
#[derive(Deserialize)]
pub(crate) struct Port {
    id: String,
    pub(crate) device_id: String,
    device_owner: String,
    pub(crate) fixed_ips: Vec<FixedIp>,
}

/// One of its addresses.
#[derive(Deserialize)]
pub(crate) struct FixedIp {
    pub(crate) ip_address: std::net::IpAddr,
}

impl Marker for Port {
    fn marker(&self) -> &str {
        &self.id
    }
}

/// The subnet of a network in which a share is reached: an IPv4 one where there is one. "not-found" for a network that
/// the tenant does not see.
pub(crate) async fn subnet(network: &str) -> Result<String, Error> {
    let shown = NEUTRON.get(&["networks", network]).show().await;
    shown.map_err(|e| {
        e.explain(kind::NOT_FOUND, format_args!("network_id: there is no network {network}."))
    })?;
    let answer = NEUTRON.get(&["subnets"]).query("network_id", network).ok().await?;
    let Subnets { mut subnets } = answer.json()?;
    subnets.sort_by(|a, b| (a.ip_version, &a.id).cmp(&(b.ip_version, &b.id)));
    let sentence = format!("network_id: the network {network} has no subnet.");
    subnets.into_iter().next().map(|subnet| subnet.id).ok_or_else(|| Error::public(kind::CONFLICT, sentence))
}

/// The ports of the tenant's instances in a network.
pub(crate) async fn instance_ports(network: &str) -> Result<Vec<Port>, Error> {
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
