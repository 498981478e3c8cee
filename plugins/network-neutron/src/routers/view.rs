//! A router as the platform sees it: Neutron's own record, and its subnets from its ports.

use std::collections::BTreeMap;

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Id, Items, Maybe, Text, Time};
use patchbay_sdk::network::{Route, Router, Subnet};
use patchbay_sdk::openstack::page::{self, Marker};
use patchbay_sdk::{Context, Error, Page, join, join_all};
use serde::Deserialize;

use super::table::{Entry, Table};
use crate::neutron::{self, NEUTRON};
use crate::vpcs;

/// Ids in one request: each takes about 50 characters of a URL, and servers take 4096.
const IDS_MAX: usize = 40;

/// Whose ports join a router to a subnet: those of plain, distributed and highly available routers.
const INTERFACES: [&str; 3] = [
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
];

/// What is read of such a port.
const PORT: [&str; 4] = ["id", "device_id", "network_id", "fixed_ips"];

/// A router as Neutron shows it.
#[derive(Deserialize)]
pub(super) struct Record {
    id: Id,
    name: Text,
    description: Text,
    status: Text,
    external_gateway_info: Maybe<Gateway>,
    #[serde(default)]
    routes: Items<Entry>,
    created_at: Time,
    pub(super) updated_at: Time,
}

#[derive(Deserialize)]
struct Gateway {
    network_id: Text,
    #[serde(default)]
    external_fixed_ips: Items<Address>,
}

#[derive(Deserialize)]
struct Address {
    subnet_id: Text,
    ip_address: Text,
}

#[derive(Deserialize)]
pub(super) struct One {
    pub(super) router: Record,
}

#[derive(Deserialize)]
struct Port {
    device_id: Text,
    network_id: Text,
    #[serde(default)]
    fixed_ips: Items<Address>,
}

impl Marker for Record {
    fn marker(&self) -> &str {
        &self.id
    }
}

/// The router, now.
pub(super) async fn show(ctx: &Context, id: &str) -> Result<Router, Error> {
    let (record, subnets) = join(read(id), subnets(&[id])).await;
    Ok(record?.into_router(ctx, &mut subnets?))
}

/// One page of the tenant's routers.
pub(super) async fn list(ctx: &Context, page: Page) -> Result<Vec<Router>, Error> {
    let fetch = async |limit, after: Option<&str>| neutron::chunk("routers", limit, after).await;
    let records: Vec<Record> = page::page(page, fetch).await?;
    let ids: Vec<&str> = records.iter().map(|record| record.id.as_str()).collect();
    let mut joined = BTreeMap::new();
    for found in join_all(ids.chunks(IDS_MAX).map(subnets)).await {
        joined.append(&mut found?);
    }
    Ok(records.into_iter().map(|record| record.into_router(ctx, &mut joined)).collect())
}

/// Neutron's record of the router.
pub(super) async fn read(id: &str) -> Result<Record, Error> {
    let answer = NEUTRON.get(&["routers", id]).show().await.map_err(|e| absent(e, id))?;
    Ok(answer.json::<One>()?.router)
}

/// The same where the router may be gone.
pub(super) async fn find(id: &str) -> Result<Option<Record>, Error> {
    match NEUTRON.get(&["routers", id]).look().await {
        Err(error) if error.is(kind::NOT_FOUND) => Ok(None),
        answer => Ok(Some(answer?.json::<One>()?.router)),
    }
}

/// Says "not-found" in the platform's words.
pub(super) fn absent(error: Error, id: &str) -> Error {
    error.explain(kind::NOT_FOUND, format_args!("There is no router {id}."))
}

/// What each of the routers is joined to, by the routers' ids.
pub(super) async fn subnets(routers: &[&str]) -> Result<BTreeMap<String, Vec<Subnet>>, Error> {
    let devices = routers.iter().map(|id| ("device_id", *id));
    let owners = INTERFACES.iter().map(|owner| ("device_owner", *owner));
    let filters: Vec<_> = devices.chain(owners).collect();
    let ports: Vec<Port> = neutron::list("ports", &filters, &PORT).await?;
    let ids: Vec<&str> =
        ports.iter().flat_map(|port| port.fixed_ips.iter()).map(|ip| ip.subnet_id.as_str()).collect();
    let mut cidrs = BTreeMap::new();
    for found in join_all(ids.chunks(IDS_MAX).map(vpcs::subnets_by_id)).await {
        cidrs.extend(found?.into_iter().map(|subnet| (String::from(subnet.id), String::from(subnet.cidr))));
    }
    let mut joined: BTreeMap<String, Vec<Subnet>> = BTreeMap::new();
    for port in ports {
        let subnets = port.fixed_ips.into_iter().map(|ip| Subnet {
            cidr: cidrs.get(ip.subnet_id.as_str()).cloned().unwrap_or_default(),
            id: ip.subnet_id.into(),
            vpc_id: port.network_id.to_string(),
            address: ip.ip_address.into(),
        });
        joined.entry(port.device_id.into()).or_default().extend(subnets);
    }
    Ok(joined)
}

impl Record {
    /// Its static routes.
    pub(super) fn table(&self) -> Table {
        self.routes.iter().cloned().collect()
    }

    fn into_router(self, ctx: &Context, joined: &mut BTreeMap<String, Vec<Subnet>>) -> Router {
        let routes = self.table().into_iter().map(Route::from).collect();
        let (network, addresses) = match self.external_gateway_info.get() {
            Some(gateway) => (gateway.network_id, gateway.external_fixed_ips),
            None => Default::default(),
        };
        Router {
            subnets: joined.remove(self.id.as_str()).unwrap_or_default(),
            id: self.id.into(),
            name: self.name.into(),
            description: self.description.into(),
            region: ctx.region.clone(),
            status: self.status.to_uppercase(),
            external_network_id: network.into(),
            external_addresses: addresses.into_iter().map(|address| address.ip_address.into()).collect(),
            routes,
            created_at: self.created_at.into(),
            updated_at: self.updated_at.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(json: &str) -> Record {
        serde_json::from_str::<One>(json).unwrap().router
    }

    fn router(record: Record, joined: &mut BTreeMap<String, Vec<Subnet>>) -> Router {
        let ctx = Context {
            tenant_id: String::new(),
            user_id: String::new(),
            region: "north".into(),
            request_id: String::new(),
            operation_id: None,
            deadline_ms: 1000,
            project_id: None,
            mark: String::new(),
        };
        record.into_router(&ctx, joined)
    }

    #[test]
    fn a_router_is_read_whole() {
        let record = record(
            r#"{"router": {"id": "r1", "name": "edge", "project_id": "p1", "admin_state_up": true, "status": "ACTIVE",
            "external_gateway_info": {"network_id": "n9", "enable_snat": true, "external_fixed_ips":
            [{"subnet_id": "s9", "ip_address": "10.31.2.218"}]}, "description": "", "routes":
            [{"destination": "192.168.0.0/16", "nexthop": "10.77.0.5"}], "tags": [], "revision_number": 3,
            "created_at": "2026-11-23T15:38:05Z", "updated_at": "2026-11-23T15:38:06Z"}}"#,
        );
        let subnet = Subnet {
            id: "s1".into(),
            vpc_id: "n1".into(),
            cidr: "10.77.0.0/24".into(),
            address: "10.77.0.1".into(),
        };
        let mut joined = BTreeMap::from([("r1".into(), vec![subnet.clone()]), ("r2".into(), Vec::new())]);
        let router = router(record, &mut joined);
        assert_eq!((router.name.as_str(), router.region.as_str()), ("edge", "north"));
        assert_eq!(router.external_network_id, "n9");
        assert_eq!(router.external_addresses, ["10.31.2.218"]);
        assert_eq!(router.subnets, [subnet]);
        assert_eq!(router.routes[0].next_hop, "10.77.0.5");
        assert_eq!(router.updated_at, "2026-11-23T15:38:06Z");
    }

    #[test]
    fn a_router_without_a_network_outside_has_none() {
        let record = record(
            r#"{"router": {"id": "r1", "name": "", "status": "down", "external_gateway_info": null, "description": "d",
            "created_at": "", "updated_at": ""}}"#,
        );
        let router = router(record, &mut BTreeMap::new());
        assert_eq!((router.external_network_id.as_str(), router.status.as_str()), ("", "DOWN"));
        assert!(
            router.external_addresses.is_empty() && router.subnets.is_empty() && router.routes.is_empty()
        );
    }
}
