//! Manila's shares: requests, and the words in which Manila answers. How one is made or removed is in files of the verbs.

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Entries, Id, Number, Text, Time};
use patchbay_sdk::mark::Mark;
use patchbay_sdk::openstack::list::{List, Paging};
use patchbay_sdk::openstack::mark;
use patchbay_sdk::upstream::Response;
use patchbay_sdk::{Context, Error, join, nas};
use serde::Deserialize;

use crate::manila::{self, NETWORK_KEY, OPERATION_KEY};
use crate::{export, share_network};

/// A share as Manila shows it.
#[derive(Debug, Deserialize)]
pub(crate) struct Share {
    pub(crate) id: Id,
    name: Text,
    description: Text,
    share_proto: Text,
    size: Number<u32>,
    pub(crate) status: Text,
    progress: Text,
    pub(crate) share_network_id: Text,
    created_at: Time,
    updated_at: Time,
    metadata: Entries<Text>,
}

#[derive(Deserialize)]
pub(crate) struct One {
    pub(crate) share: Share,
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
    share_server_id: Text,
}

#[derive(Deserialize)]
struct OneServer {
    share_server: ServerHost,
}

#[derive(Deserialize)]
struct ServerHost {
    host: Text,
}

impl Share {
    /// The network from which it is reached; empty where it is not known.
    pub(crate) async fn network(&self) -> Result<String, Error> {
        let noted = self.metadata.get(NETWORK_KEY).map_or("", Text::as_str);
        match (noted, self.share_network_id.as_str()) {
            ("", "") => Ok(String::new()),
            ("", id) => share_network::network_of(id).await,
            (network, _) => Ok(network.to_owned()),
        }
    }

    /// As the contract's share, in the caller's region.
    pub(crate) async fn into_share(self, region: String) -> Result<nas::Share, Error> {
        let network = self.network().await?;
        let (location, server) = join(export::location(&self.id, &network), server(&self.id)).await;
        // The tenant may have no administrator to ask.
        let server = server.unwrap_or_default();
        let location = location?.unwrap_or_default();
        let server_host =
            if server.host.is_empty() { export::host_of(&location).into() } else { server.host };
        Ok(nas::Share {
            id: self.id.into(),
            name: self.name.into(),
            description: self.description.into(),
            protocol: self.share_proto.into(),
            size: self.size.or_zero(),
            region,
            network_id: network,
            status: self.status.into(),
            progress: self.progress.into(),
            server_id: server.id,
            server_host,
            share_network_id: self.share_network_id.into(),
            created_at: self.created_at.into(),
            updated_at: self.updated_at.into(),
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

async fn server(id: &str) -> Result<Server, Error> {
    let placed: Placed = manila::get_as_admin(&["shares", id]).ok().await?.json()?;
    let Some(id) = placed.share.share_server_id.some() else { return Ok(Server::default()) };
    let answer: OneServer = manila::get_as_admin(&["share-servers", &id]).ok().await?.json()?;
    Ok(Server { id, host: answer.share_server.host.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_as_manila_shows_it() {
        let answer = r#"{"share": {"id": "s1", "size": 1, "availability_zone": null, "status": "creating", "name": "x",
            "created_at": "2026-11-23T16:52:18.570143", "description": null, "share_network_id": "n1", "links": [],
            "share_proto": "NFS", "metadata": {"patchbay_network": "net"}, "progress": null}}"#;
        let share = serde_json::from_str::<One>(answer).unwrap().share;
        assert_eq!(
            (share.status.as_str(), share.size.get(), share.progress.as_str()),
            ("creating", Some(1), "")
        );
        assert_eq!(share.metadata.get(NETWORK_KEY).map(Text::as_str), Some("net"));
    }
}
