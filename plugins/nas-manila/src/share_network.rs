//! Manila's share networks: what joins shares to a network of the tenant. One serves all shares of a network; one that
//! Patchbay made says so in its description, and goes with its last share. One that was made for another tenant, whose project
//! this may have been, is left alone.

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Id, Items, Text};
use patchbay_sdk::mark::Mark;
use patchbay_sdk::openstack::list::{List, Paging};
use patchbay_sdk::openstack::mark::find;
use patchbay_sdk::{Context, Error, join_all};
use serde::Deserialize;
use serde_json::json;

use crate::manila;

/// What a description of Patchbay's own begins with; the operation's id and the tenant's mark follow.
const BEGIN: &str = "patchbay-";

/// A share network as Manila shows it.
#[derive(Debug, Deserialize)]
pub(crate) struct ShareNetwork {
    id: Id,
    description: Text,
    #[serde(default)]
    share_network_subnets: Items<Subnet>,
}

#[derive(Debug, Deserialize)]
struct Subnet {
    neutron_net_id: Text,
    neutron_subnet_id: Text,
}

#[derive(Deserialize)]
struct One {
    share_network: ShareNetwork,
}

#[derive(Deserialize)]
struct Many {
    share_networks: Items<ShareNetwork>,
}

impl ShareNetwork {
    /// The mark of the tenant for which Patchbay made it: empty where tenants had none yet, absent where Patchbay did not.
    fn made_for(&self) -> Option<&str> {
        let note = self.description.strip_prefix(BEGIN)?;
        Some(note.split_once(' ').map_or("", |(_, mark)| mark))
    }

    /// Whether shares of the tenant may be in it: what bears no mark is what the project had before, or is the tenant's by hand.
    fn serves(&self, ctx: &Context) -> bool {
        self.made_for().is_none_or(|mark| ["", &ctx.mark].contains(&mark))
    }

    fn joins(&self, network: &str, subnet: &str) -> bool {
        let is_it = |own: &Subnet| own.neutron_net_id == *network && own.neutron_subnet_id == *subnet;
        self.share_network_subnets.iter().any(is_it)
    }
}

/// The id of the one for this subnet: the tenant's own if there is one, otherwise a new one. A filter that a cloud does not
/// know filters nothing.
pub(crate) async fn find_or_make(ctx: &Context, network: &str, subnet: &str) -> Result<String, Error> {
    let found = list(&[("neutron_net_id", network), ("neutron_subnet_id", subnet)]).await?;
    let own = found.into_iter().filter(|found| found.serves(ctx) && found.joins(network, subnet));
    match own.map(|own| own.id).min() {
        Some(id) => Ok(id.into()),
        None => make(ctx, network, subnet).await,
    }
}

async fn make(ctx: &Context, network: &str, subnet: &str) -> Result<String, Error> {
    let body = json!({"share_network": {
        "name": format!("{BEGIN}{network}"),
        "description": note(ctx),
        "neutron_net_id": network,
        "neutron_subnet_id": subnet,
    }});
    let made = manila::post(&["share-networks"]).json(&body)?.ok().await;
    let made =
        made.map_err(|e| e.explain(kind::QUOTA, "The tenant's quota of share networks is used up."))?;
    Ok(made.json::<One>()?.share_network.id.into())
}

/// The network that this one joins shares to; empty where Manila does not tell.
pub(crate) async fn network_of(id: &str) -> Result<String, Error> {
    let shown = show(id).await?;
    Ok(shown
        .share_network_subnets
        .into_iter()
        .find_map(|subnet| subnet.neutron_net_id.some())
        .unwrap_or_default())
}

/// Removes one that Patchbay made for the tenant and no share is in.
pub(crate) async fn remove_if_unused(ctx: &Context, id: &str) -> Result<(), Error> {
    match show(id).await {
        Ok(shown) if shown.made_for() == Some(ctx.mark.as_str()) => remove(&shown).await,
        Err(error) if !error.is(kind::NOT_FOUND) => Err(error),
        _ => Ok(()),
    }
}

/// Removes those that the operation made, but for one that another's share is in by now.
pub(crate) async fn undo(ctx: &Context) -> Result<(), Error> {
    let note = note(ctx);
    let request = manila::get(&["share-networks", "detail"]).query("description", &note);
    let list = List { request, key: "share_networks", paging: Paging::Whole };
    let made: Vec<ShareNetwork> = find(ctx, &Mark::Text("description", &note), &list).await?;
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

async fn list(filters: &[(&str, &str)]) -> Result<Items<ShareNetwork>, Error> {
    let request = manila::get(&["share-networks", "detail"]);
    let request = filters.iter().fold(request, |request, (name, value)| request.query(name, value));
    Ok(request.ok().await?.json::<Many>()?.share_networks)
}

/// What the operation writes on the one that it makes.
fn note(ctx: &Context) -> String {
    let operation = ctx.operation_id.as_deref().unwrap_or_default();
    format!("{BEGIN}{operation} {}", ctx.mark).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mark: &str) -> Context {
        Context {
            tenant_id: "t-0000000001".into(),
            user_id: String::new(),
            region: String::new(),
            request_id: String::new(),
            operation_id: Some("op-1".into()),
            deadline_ms: 0,
            project_id: None,
            mark: mark.into(),
        }
    }

    fn described(description: &str) -> ShareNetwork {
        let description = description.into();
        ShareNetwork { id: "n".into(), description, share_network_subnets: Items::default() }
    }

    #[test]
    fn its_description_tells_for_whom_it_was_made() {
        for (description, made_for, serves) in [
            (note(&of("a/1")), Some("a/1"), true),
            (note(&of("b/2")), Some("b/2"), false),
            (note(&of("")), Some(""), true),
            ("office".into(), None, true),
            (String::new(), None, true),
        ] {
            let network = described(&description);
            assert_eq!((network.made_for(), network.serves(&of("a/1"))), (made_for, serves), "{network:?}");
        }
    }

    #[test]
    fn it_joins_the_subnet_that_it_is_in() {
        let shown = r#"{"id": "n", "description": null, "share_network_subnets":
            [{"neutron_net_id": "net", "neutron_subnet_id": "sub"}]}"#;
        let network: ShareNetwork = serde_json::from_str(shown).unwrap();
        assert!(
            network.joins("net", "sub") && !network.joins("net", "other") && !network.joins("other", "sub")
        );
    }
}
