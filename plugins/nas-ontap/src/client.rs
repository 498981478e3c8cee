//! Who has mounted a share: ONTAP remembers an NFS client for two days after its last request. Its export policy names
//! whole subnets, so it tells less.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use patchbay_sdk::Error;
use patchbay_sdk::field::Parsed;
use patchbay_sdk::nas::{Clients, client};
use serde::Deserialize;

use crate::note::Note;
use crate::ontap;
use crate::volume::Volume;

#[derive(Deserialize)]
struct Connected {
    client_ip: Parsed<IpAddr>,
}

/// The instances among the clients; one whose address is no instance's counts as unresolved. The list is asked for by
/// the volume's name, which ONTAP has at hand; its UUID it would look up for each client.
pub(crate) async fn of(volume: &Volume, note: &Note) -> Result<Clients, Error> {
    let filters = [("volume.name", volume.name.as_str())];
    let path = ["protocols", "nfs", "connected-clients"];
    let connected: Vec<Connected> = ontap::list(&path, &filters, "client_ip").await?;
    // One for each address of the array and each version of NFS.
    let addresses: BTreeSet<IpAddr> = connected.into_iter().filter_map(|one| one.client_ip.get()).collect();
    let clients: Vec<_> = addresses.into_iter().map(IpNet::from).map(Some).collect();
    client::resolve(&clients, &note.network).await
}
