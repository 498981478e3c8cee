//! Manila's shares: requests, and the words in which Manila answers. How one is made or removed is in files of the verbs.

use std::collections::BTreeMap;

use patchbay_sdk::error::kind;
use patchbay_sdk::mark::Mark;
use patchbay_sdk::openstack::list::{List, Paging};
use patchbay_sdk::openstack::mark;
use patchbay_sdk::openstack::time::rfc3339;
use patchbay_sdk::upstream::Response;
use patchbay_sdk::{Context, Error, join, nas};
use serde::Deserialize;

use crate::manila::{self, NETWORK_KEY, OPERATION_KEY};
use crate::share_network;

/// A share as Manila shows it.
#[derive(Debug, Deserialize)]
pub(crate) struct Share {
    pub(crate) id: String,
    name: Option<String>,
    description: Option<String>,
    share_proto: String,
    size: u32,
    pub(crate) status: String,
    progress: Option<String>,
    pub(crate) share_network_id: Option<String>,
    created_at: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
pub(crate) struct One {
    pub(crate) share: Share,
}

#[derive(Deserialize)]
struct Locations {
    export_locations: Vec<Location>,
}

#[derive(Deserialize)]
struct Location {
    path: String,
    #[serde(default)]
    preferred: bool,
}

/// What only the administrator sees.
#[derive(Default)]
struct Server {
    id: String,
    host: String,
}

#[derive(Deserialize)]
struct Placed {
    share: Placement,
}

#[derive(Deserialize)]
struct Placement {
    share_server_id: Option<String>,
}

#[derive(Deserialize)]
struct OneServer {
    share_server: ServerHost,
}

#[derive(Deserialize)]
struct ServerHost {
    host: Option<String>,
}

impl Share {
    /// The network from which it is reached; empty where it is not known.
    pub(crate) async fn network(&self) -> Result<String, Error> {
        match (self.metadata.get(NETWORK_KEY), &self.share_network_id) {
            (Some(network), _) => Ok(network.clone()),
            (None, Some(id)) => share_network::network_of(id).await,
            (None, None) => Ok(String::new()),
        }
    }

    /// As the contract's share, in the caller's region.
    pub(crate) async fn into_share(self, region: String) -> Result<nas::Share, Error> {
        let (network, (location, server)) =
            join(self.network(), join(export_location(&self.id), server(&self.id))).await;
        // The tenant may have no administrator to ask.
        let server = server.unwrap_or_default();
        let location = location?.unwrap_or_default();
        let server_host = if server.host.is_empty() { host_of(&location).into() } else { server.host };
        Ok(nas::Share {
            id: self.id,
            name: self.name.unwrap_or_default(),
            description: self.description.unwrap_or_default(),
            protocol: self.share_proto,
            size: self.size,
            region,
            network_id: network?,
            status: self.status,
            progress: self.progress.unwrap_or_default(),
            server_id: server.id,
            server_host,
            share_network_id: self.share_network_id.unwrap_or_default(),
            created_at: rfc3339(&self.created_at.unwrap_or_default()),
            updated_at: rfc3339(&self.updated_at.unwrap_or_default()),
        })
    }
}

/// The share of an id that a request names; one that may not be seen is none.
pub(crate) async fn show(id: &str) -> Result<Share, Error> {
    read(manila::get(&["shares", id]).show().await, id)
}

/// A share that was there a moment ago.
pub(crate) async fn look(id: &str) -> Result<Share, Error> {
    read(manila::get(&["shares", id]).look().await, id)
}

fn read(answer: Result<Response, Error>, id: &str) -> Result<Share, Error> {
    let answer = answer.map_err(|e| e.explain(kind::NOT_FOUND, format_args!("There is no share {id}.")))?;
    Ok(answer.json::<One>()?.share)
}

/// Every share that shows that the operation made it for the tenant.
pub(crate) async fn made_by(ctx: &Context, operation: &str) -> Result<Vec<Share>, Error> {
    let filter = format!("{{'{OPERATION_KEY}':'{operation}'}}");
    let request = manila::get(&["shares", "detail"]).query("metadata", filter);
    let list = List { request, key: "shares", paging: Paging::Offset };
    mark::find(ctx, &Mark::Metadata(OPERATION_KEY, operation), &list).await
}

/// Where it is mounted from, as the backend prefers; none while it is being made.
pub(crate) async fn export_location(id: &str) -> Result<Option<String>, Error> {
    let answer = manila::get(&["shares", id, "export_locations"]).ok().await;
    let mut locations = match answer {
        Err(error) if error.is(kind::NOT_FOUND) => return Ok(None),
        answer => answer?.json::<Locations>()?.export_locations,
    };
    locations.sort_by_key(|location| !location.preferred);
    Ok(locations.into_iter().next().map(|location| location.path))
}

async fn server(id: &str) -> Result<Server, Error> {
    let placed: Placed = manila::get_as_admin(&["shares", id]).ok().await?.json()?;
    let Some(id) = placed.share.share_server_id else { return Ok(Server::default()) };
    let answer: OneServer = manila::get_as_admin(&["share-servers", &id]).ok().await?.json()?;
    Ok(Server { id, host: answer.share_server.host.unwrap_or_default() })
}

/// Of "10.0.0.3:/path" (NFS) and `\\10.0.0.3\name` (CIFS).
fn host_of(location: &str) -> &str {
    match location.strip_prefix(r"\\") {
        Some(rest) => rest.split('\\').next().unwrap_or_default(),
        None => location.split_once(":/").map_or("", |(host, _)| host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_location_names_its_host() {
        for (location, host) in [
            ("10.5.0.213:/path/to/share_1", "10.5.0.213"),
            ("[fd00::5]:/share_1", "[fd00::5]"),
            (r"\\10.5.0.213\share_1", "10.5.0.213"),
            ("", ""),
        ] {
            assert_eq!(host_of(location), host, "{location}");
        }
    }

    #[test]
    fn a_share_is_read_as_manila_shows_it() {
        let answer = r#"{"share": {"id": "s1", "size": 1, "availability_zone": null, "status": "creating", "name": "x",
            "created_at": "2026-11-23T16:52:18.570143", "description": null, "share_network_id": "n1", "links": [],
            "share_proto": "NFS", "metadata": {"patchbay_network": "net"}, "progress": null}}"#;
        let share = serde_json::from_str::<One>(answer).unwrap().share;
        assert_eq!((share.status.as_str(), share.size, share.progress.as_deref()), ("creating", 1, None));
        assert_eq!(share.metadata.get(NETWORK_KEY).map(String::as_str), Some("net"));
    }
}
