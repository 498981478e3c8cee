//! Setting a router's table of static routes. Neutron changes a table by what differs, in one transaction, so that a
//! table is the old one or the new one and never between. What a table says is in `table`.

use std::net::IpAddr;

use ipnet::IpNet;
use patchbay_sdk::error::kind;
use patchbay_sdk::network::{Route, Subnet};
use patchbay_sdk::{Begun, Context, Error, Progress};
use serde_json::json;

use super::table::{Table, table};
use super::ticket::Ticket;
use super::view::{self, One, Record};
use crate::neutron::NEUTRON;
use crate::ticket::finished;

/// Begins to set the table. One that is as it should be is not touched.
pub(super) async fn set(ctx: &Context, router: String, routes: &[Route]) -> Result<Begun, Error> {
    let shown = view::show(ctx, &router).await?;
    routes.iter().try_for_each(|route| reachable(route, &shown.subnets))?;
    let (routes, before) = (table(routes), table(&shown.routes));
    if routes == before {
        return Ok(Begun { resource_id: router, ticket: None });
    }
    Ok(Ticket::SetRoutes { router: router.clone(), routes, before }.begun(router))
}

/// Sets the table, which may be done already.
pub(super) async fn changed(router: &str, routes: &Table) -> Result<Progress, Error> {
    let record = put(router, routes).await?;
    Ok(finished(record.updated_at.some()))
}

/// Puts the old table back where the new one has taken its place.
pub(super) async fn restore(router: &str, routes: &Table, before: &Table) -> Result<(), Error> {
    match view::find(router).await? {
        Some(record) if record.table() == *routes => put(router, before).await.map(drop),
        _ => Ok(()),
    }
}

/// Replaces the table.
pub(super) async fn put(router: &str, routes: &Table) -> Result<Record, Error> {
    let body = json!({"router": {"routes": routes}});
    let answer = NEUTRON.put(&["routers", router]).json(&body)?.ok().await;
    Ok(answer.map_err(|e| refused(e, router))?.json::<One>()?.router)
}

/// Refuses a next hop that is in none of the subnets, or the router itself.
fn reachable(route: &Route, subnets: &[Subnet]) -> Result<(), Error> {
    let hop = &route.next_hop;
    let refuse =
        |why: &str| Err(Error::public(kind::INVALID, format_args!("routes: the next_hop {hop} {why}.")));
    if subnets.iter().any(|subnet| subnet.address == *hop) {
        return refuse("is the router's own address");
    }
    let address = hop.parse::<IpAddr>();
    let joins = |subnet: &Subnet| match (&address, subnet.cidr.parse::<IpNet>()) {
        (Ok(address), Ok(network)) => network.contains(address),
        _ => false,
    };
    if subnets.iter().any(joins) { Ok(()) } else { refuse("is in no subnet of the router") }
}

fn refused(error: Error, router: &str) -> Error {
    view::absent(error, router)
        .explain(kind::INVALID, "routes: the cloud does not accept one of them.")
        .explain(kind::QUOTA, "The tenant's quota of routes is used up.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(destination: &str, next_hop: &str) -> Route {
        Route { destination: destination.into(), next_hop: next_hop.into() }
    }

    #[test]
    fn a_next_hop_is_a_neighbour() {
        let subnet = Subnet {
            id: "s1".into(),
            vpc_id: "v1".into(),
            cidr: "10.0.0.0/24".into(),
            address: "10.0.0.1".into(),
        };
        let refusal = |hop: &str| reachable(&route("192.168.0.0/16", hop), std::slice::from_ref(&subnet));
        assert!(refusal("10.0.0.2").is_ok());
        for (hop, why) in [("10.0.1.2", "no subnet"), ("10.0.0.1", "own address"), ("here", "no subnet")] {
            let error = refusal(hop).unwrap_err();
            assert!(error.is(kind::INVALID) && error.message.contains(hop) && error.message.contains(why));
        }
    }
}
