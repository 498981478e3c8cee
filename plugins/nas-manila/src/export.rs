//! A share's export locations: which of them the tenant mounts from. Manila's words for the share itself are in `share`.

use std::net::IpAddr;

use ipnet::IpNet;
use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Flag, Items, Text};
use patchbay_sdk::nas::network;
use patchbay_sdk::{Error, log};
use serde::Deserialize;

use crate::manila;

#[derive(Deserialize)]
struct Locations {
    export_locations: Items<Location>,
}

#[derive(Deserialize)]
struct Location {
    path: Text,
    preferred: Flag,
    /// The backend's administrator mounts from there, nobody else can.
    is_admin_only: Flag,
}

/// Where a share on this network is mounted from; none while it is nowhere. Of several it is one in the network, where there
/// are such, and of those one that the backend prefers.
pub(crate) async fn location(share: &str, network: &str) -> Result<Option<String>, Error> {
    let answer = manila::get(&["shares", share, "export_locations"]).ok().await;
    let locations = match answer {
        Err(error) if error.is(kind::NOT_FOUND) => return Ok(None),
        answer => of_tenants(answer?.json::<Locations>()?.export_locations),
    };
    let subnets = if locations.len() > 1 { subnets(network).await } else { Vec::new() };
    Ok(choose(locations, &subnets))
}

/// Of "10.0.0.3:/path", "[fd00::3]:/path" (NFS) and `\\10.0.0.3\name` (CIFS).
pub(crate) fn host_of(location: &str) -> &str {
    let host = match location.strip_prefix(r"\\") {
        Some(rest) => rest.split('\\').next().unwrap_or_default(),
        None => location.split_once(":/").map_or("", |(host, _)| host),
    };
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// None where they cannot be read: then the backend's preference alone counts.
async fn subnets(network: &str) -> Vec<IpNet> {
    if network.is_empty() {
        return Vec::new();
    }
    let found = network::subnets(network).await.inspect_err(|error| log::warn(&error.message));
    found.unwrap_or_default().iter().filter_map(|subnet| subnet.cidr.parse().ok()).collect()
}

fn of_tenants(locations: Items<Location>) -> Vec<Location> {
    locations.into_iter().filter(|one| !one.is_admin_only.is_set() && !one.path.is_empty()).collect()
}

fn choose(locations: Vec<Location>, subnets: &[IpNet]) -> Option<String> {
    let is_near = |path: &str| {
        let host = host_of(path).parse::<IpAddr>().ok();
        host.is_some_and(|host| subnets.iter().any(|subnet| subnet.contains(&host)))
    };
    let first = locations.into_iter().min_by_key(|one| (!is_near(&one.path), !one.preferred.is_set()));
    first.and_then(|one| one.path.some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_location_names_its_host() {
        for (location, host) in [
            ("10.5.0.213:/path/to/share_1", "10.5.0.213"),
            ("[fd00::5]:/share_1", "fd00::5"),
            (r"\\10.5.0.213\share_1", "10.5.0.213"),
            ("", ""),
        ] {
            assert_eq!(host_of(location), host, "{location}");
        }
    }

    /// What is told of these, each with whether it is preferred and the administrator's.
    fn chosen(locations: &[(&str, bool, bool)]) -> Option<String> {
        let one = |(path, preferred, admin): &(&str, bool, bool)| serde_json::json!({"path": path, "preferred": preferred, "is_admin_only": admin});
        let shown = serde_json::json!({"export_locations": locations.iter().map(one).collect::<Vec<_>>()});
        let locations = serde_json::from_value::<Locations>(shown).unwrap().export_locations;
        choose(of_tenants(locations), &["10.5.0.0/24".parse().unwrap(), "fd00:5::/64".parse().unwrap()])
    }

    #[test]
    fn the_tenant_is_told_what_it_can_mount() {
        let (near, near_6, far) = ("10.5.0.9:/a/b/c", "[fd00:5::9]:/a", "192.0.2.1:/a");
        for (locations, told) in [
            (&[(far, true, true), (near, false, false)][..], Some(near)),
            (&[(near, true, true)], None),
            (&[(far, true, false), (near, false, false)], Some(near)),
            (&[(far, false, false), (near_6, false, false)], Some(near_6)),
            (&[(near, false, false), (near_6, true, false)], Some(near_6)),
            (&[(far, false, false), ("192.0.2.2:/a", true, false)], Some("192.0.2.2:/a")),
            (&[("", true, false), (far, false, false)], Some(far)),
            (&[], None),
        ] {
            assert_eq!(chosen(locations).as_deref(), told, "{locations:?}");
        }
    }
}
