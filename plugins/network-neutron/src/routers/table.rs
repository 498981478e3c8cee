//! A table of static routes, in Neutron's words and in the contract's. How a router gets one is in `route`.

use std::collections::BTreeSet;

use patchbay_sdk::network::Route;
use serde::{Deserialize, Serialize};

/// The order of its entries means nothing.
pub(crate) type Table = BTreeSet<Entry>;

/// A route in Neutron's words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Entry {
    destination: String,
    nexthop: String,
}

impl From<Entry> for Route {
    fn from(entry: Entry) -> Self {
        Self { destination: entry.destination, next_hop: entry.nexthop }
    }
}

/// A table of the contract in Neutron's words.
pub(super) fn table(routes: &[Route]) -> Table {
    let entry =
        |route: &Route| Entry { destination: route.destination.clone(), nexthop: route.next_hop.clone() };
    routes.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(destination: &str, next_hop: &str) -> Route {
        Route { destination: destination.into(), next_hop: next_hop.into() }
    }

    #[test]
    fn a_tables_order_means_nothing() {
        let (one, other) = (route("192.168.0.0/16", "10.0.0.2"), route("0.0.0.0/0", "10.0.0.3"));
        assert_eq!(table(&[one.clone(), other.clone()]), table(&[other, one]));
    }
}
