//! Where the SVM serves NFS.

use std::net::IpAddr;

use patchbay_sdk::Error;
use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Flag, Maybe, Parsed};
use serde::Deserialize;

use crate::ontap;

#[derive(Deserialize)]
struct Interface {
    enabled: Flag,
    ip: Maybe<Ip>,
}

#[derive(Deserialize)]
struct Ip {
    address: Parsed<IpAddr>,
}

/// The address that volumes are mounted from: the first, IPv4 before IPv6.
pub(crate) async fn address() -> Result<IpAddr, Error> {
    let filters = [("services", "data_nfs")];
    let interfaces: Vec<Interface> =
        ontap::list(&["network", "ip", "interfaces"], &filters, "enabled,ip.address").await?;
    let enabled = interfaces.into_iter().filter(|one| one.enabled.is_set());
    enabled
        .filter_map(|one| one.ip.get()?.address.get())
        .min()
        .ok_or_else(|| Error::hidden(kind::UNAVAILABLE, "the SVM shows no address that serves NFS"))
}

/// As `mount` takes it.
pub(crate) fn location(address: IpAddr, path: &str) -> String {
    match address {
        IpAddr::V4(address) => format!("{address}:{path}"),
        IpAddr::V6(address) => format!("[{address}]:{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_what_mount_takes() {
        assert_eq!(location([192, 0, 2, 20].into(), "/v1"), "192.0.2.20:/v1");
        assert_eq!(location("fd00::5".parse().unwrap(), "/v1"), "[fd00::5]:/v1");
    }
}
