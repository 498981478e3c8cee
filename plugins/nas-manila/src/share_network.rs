//! Manila's share networks: what joins shares to a network of the tenant. One serves all shares of a network; one that
//! Patchbay made says so in its description, and goes with its last share.

use patchbay_sdk::error::kind;
use patchbay_sdk::mark::Mark;
use patchbay_sdk::openstack::list::{List, Paging};
use patchbay_sdk::openstack::mark::find;
use patchbay_sdk::{Context, Error, join_all};
use serde::Deserialize;
use serde_json::json;

use crate::manila;

/// What a description of Patchbay's own begins with; the operation's id follows.
const MARK: &str = "patchbay-";

/// A share network as Manila shows it.
#[derive(Debug, Deserialize)]
pub(crate) struct ShareNetwork {
    id: String,
    description: Option<String>,
    #[serde(default)]
    share_network_subnets: Vec<Subnet>,
}

#[derive(Debug, Deserialize)]
struct Subnet {
    neutron_net_id: Option<String>,
    #[serde(default)]
    neutron_subnet_id: Option<String>,
}

#[derive(Deserialize)]
struct One {
    share_network: ShareNetwork,
}

#[derive(Deserialize)]
struct Many {
    share_networks: Vec<ShareNetwork>,
}

impl ShareNetwork {
    fn joins(&self, network: &str, subnet: &str) -> bool {
        let is_it = |own: &Subnet| {
            let own = (own.neutron_net_id.as_deref(), own.neutron_subnet_id.as_deref());
            own == (Some(network), Some(subnet))
        };
        self.share_network_subnets.iter().any(is_it)
    }

    fn is_patchbays(&self) -> bool {
        self.description.as_deref().is_some_and(|text| text.starts_with(MARK))
    }
}

/// The id of the one for this subnet: the tenant's own if there is one, otherwise a new one.
pub(crate) async fn find_or_make(ctx: &Context, network: &str, subnet: &str) -> Result<String, Error> {
    let mut found = list(&[("neutron_net_id", network), ("neutron_subnet_id", subnet)]).await?;
    // A filter that a cloud does not know filters nothing.
    found.retain(|found| found.joins(network, subnet));
    match found.into_iter().map(|found| found.id).min() {
        Some(id) => Ok(id),
        None => make(ctx, network, subnet).await,
    }
}

async fn make(ctx: &Context, network: &str, subnet: &str) -> Result<String, Error> {
    let body = json!({"share_network": {
        "name": format!("{MARK}{network}"),
        "description": mark(ctx.operation_id.as_deref().unwrap_or_default()),
        "neutron_net_id": network,
        "neutron_subnet_id": subnet,
    }});
    let made = manila::post(&["share-networks"]).json(&body)?.ok().await;
    let made =
        made.map_err(|e| e.explain(kind::QUOTA, "The tenant's quota of share networks is used up."))?;
    Ok(made.json::<One>()?.share_network.id)
}

/// The network that this one joins shares to; empty where Manila does not tell.
pub(crate) async fn network_of(id: &str) -> Result<String, Error> {
    let shown = show(id).await?;
    Ok(shown.share_network_subnets.into_iter().find_map(|subnet| subnet.neutron_net_id).unwrap_or_default())
}

/// Removes one that Patchbay made and no share is in.
pub(crate) async fn remove_if_unused(id: &str) -> Result<(), Error> {
    match show(id).await {
        Ok(shown) if shown.is_patchbays() => remove(&shown).await,
        Err(error) if !error.is(kind::NOT_FOUND) => Err(error),
        _ => Ok(()),
    }
}

/// Removes those that the operation made, but for one that another's share is in by now.
pub(crate) async fn undo(ctx: &Context, operation: &str) -> Result<(), Error> {
    let text = mark(operation);
    let request = manila::get(&["share-networks", "detail"]).query("description", &text);
    let list = List { request, key: "share_networks", paging: Paging::Whole };
    let made: Vec<ShareNetwork> = find(ctx, &Mark::Text("description", &text), &list).await?;
    join_all(made.iter().map(remove)).await.into_iter().collect()
}

async fn remove(network: &ShareNetwork) -> Result<(), Error> {
    match manila::delete(&["share-networks", &network.id]).gone().await {
        Err(error) if error.is(kind::CONFLICT) => Ok(()),
        gone => gone,
    }
}

async fn show(id: &str) -> Result<ShareNetwork, Error> {
    let answer = manila::get(&["share-networks", id]).look().await?;
    Ok(answer.json::<One>()?.share_network)
}

async fn list(filters: &[(&str, &str)]) -> Result<Vec<ShareNetwork>, Error> {
    let request = manila::get(&["share-networks", "detail"]);
    let request = filters.iter().fold(request, |request, (name, value)| request.query(name, value));
    Ok(request.ok().await?.json::<Many>()?.share_networks)
}

fn mark(operation: &str) -> String {
    format!("{MARK}{operation}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_patchbays_own_is_known_by_its_description() {
        for (description, own) in [(Some(mark("op-1")), true), (Some("office".into()), false), (None, false)]
        {
            let network = ShareNetwork { id: "n".into(), description, share_network_subnets: Vec::new() };
            assert_eq!(network.is_patchbays(), own, "{network:?}");
        }
    }
}
