//! What requests about routers must look like before a plugin sees them.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use patchbay_core::error::Error;
use patchbay_proto::route::{CreateRouterReq, Route};
use patchbay_runtime::contract::network::exports::patchbay::network::routers as wit;

use crate::grpc::convert::Convert;
use crate::grpc::{check, cidr};

/// VPCs of one request.
const VPCS_MAX: usize = 16;

/// Entries of a table; Neutron's own default is as many.
const ROUTES_MAX: usize = 30;

/// A new router as the plugin takes it.
pub(super) fn spec(request: CreateRouterReq) -> Result<wit::Spec, Error> {
    if request.vpc_ids.len() > VPCS_MAX {
        return Err(Error::invalid(format!("vpc_ids holds more than {VPCS_MAX} VPCs.")));
    }
    let mut seen = HashSet::new();
    for id in &request.vpc_ids {
        check::id("vpc_ids", id)?;
        if !seen.insert(id) {
            return Err(Error::invalid(format!("vpc_ids holds {id} twice.")));
        }
    }
    Ok(wit::Spec {
        name: check::name("router_name", &request.router_name)?,
        description: check::text("router_desc", &request.router_desc)?,
        external_network_id: check::optional_id("external_network_id", &request.external_network_id)?,
        vpc_ids: request.vpc_ids,
    })
}

/// A subnet of a VPC; empty: not named.
pub(super) fn optional_subnet(value: &str) -> Result<String, Error> {
    if !value.is_empty() {
        cidr::ipv4_network("subnet", value)?;
    }
    Ok(value.to_owned())
}

/// A whole table.
pub(super) fn routes(routes: Vec<Route>) -> Result<Vec<wit::Route>, Error> {
    if routes.len() > ROUTES_MAX {
        return Err(Error::invalid(format!("routes holds more than {ROUTES_MAX} entries.")));
    }
    let mut seen = HashSet::new();
    for (at, route) in routes.iter().enumerate() {
        cidr::ipv4_network(&format!("routes[{at}].destination"), &route.destination)?;
        if !is_neighbour(&route.next_hop) {
            return Err(Error::invalid(format!("routes[{at}].next_hop must be an IPv4 address of a host.")));
        }
        if !seen.insert((&route.destination, &route.next_hop)) {
            return Err(Error::invalid(format!("routes[{at}] is there already: {}.", route.destination)));
        }
    }
    Ok(routes.into_iter().map(wit::Route::convert).collect())
}

/// Whether packets can be sent on to it.
fn is_neighbour(address: &str) -> bool {
    let address = address.parse::<Ipv4Addr>();
    address
        .is_ok_and(|to| !(to.is_unspecified() || to.is_loopback() || to.is_multicast() || to.is_broadcast()))
}

impl Convert<Route> for wit::Route {
    fn convert(route: Route) -> Self {
        Self { destination: route.destination, next_hop: route.next_hop }
    }
}
