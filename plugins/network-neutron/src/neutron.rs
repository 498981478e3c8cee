//! Neutron as this plugin reaches it, its lists, and the mark by which an operation finds what it made.

use std::collections::BTreeSet;

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{self, Items};
use patchbay_sdk::mark::Mark;
use patchbay_sdk::openstack::list::{List, Paging};
use patchbay_sdk::openstack::page::Chunk;
use patchbay_sdk::openstack::{self, Service};
use patchbay_sdk::{Context, Error};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Granted as the tenant.
pub(crate) const UPSTREAM: &str = "openstack";

/// Neutron has one version; endpoints may lack it.
pub(crate) const NEUTRON: Service =
    Service { upstream: UPSTREAM, root: &["network", "v2.0"], microversion: None };

/// Whatever Neutron lists, as far as its id.
#[derive(Deserialize)]
pub(crate) struct Id {
    pub(crate) id: field::Id,
}

/// The description of what an operation makes until it is whole. Neutron takes tags only after the create, and what
/// is made must bear the operation's mark from its first moment; so the last step of a create writes the description
/// that was asked for.
pub(crate) fn mark(operation: &str) -> String {
    format!("patchbay-{operation}")
}

/// The ids of what the operation made for the tenant in a collection and did not make whole.
pub(crate) async fn marked(
    ctx: &Context,
    collection: &'static str,
    operation: &str,
) -> Result<Vec<String>, Error> {
    let mark = mark(operation);
    let list = listing(collection, &["id", "description", "project_id"]);
    let list = List { request: list.request.query("description", &mark), ..list };
    match openstack::mark::find::<Id>(ctx, &Mark::Text("description", &mark), &list).await {
        // Not every cloud has routers.
        Err(error) if error.is(kind::NOT_FOUND) => Ok(Vec::new()),
        found => Ok(found?.into_iter().map(|found| found.id.into()).collect()),
    }
}

/// Every member of a collection that shows, for each of the filters' names, one of the values given with it; with these
/// fields and those of the filters.
pub(crate) async fn list<T: DeserializeOwned>(
    collection: &'static str,
    filters: &[(&str, &str)],
    fields: &[&str],
) -> Result<Vec<T>, Error> {
    let named: BTreeSet<&str> = filters.iter().map(|(name, _)| *name).chain(fields.iter().copied()).collect();
    listing(collection, &named.into_iter().collect::<Vec<_>>()).filtered(filters).await
}

fn listing(collection: &'static str, fields: &[&str]) -> List {
    let request = NEUTRON.get(&[collection]);
    let request = fields.iter().fold(request, |request, field| request.query("fields", field));
    List { request, key: key(collection), paging: Paging::Marker }
}

/// What Neutron calls the members of a collection in its answers.
fn key(collection: &'static str) -> &'static str {
    if collection == "security-groups" { "security_groups" } else { collection }
}

/// At most `limit` members of a collection after the one whose id is `after`.
pub(crate) async fn chunk<T: DeserializeOwned>(
    collection: &'static str,
    limit: usize,
    after: Option<&str>,
) -> Result<Chunk<T>, Error> {
    let request = NEUTRON.get(&[collection]).query("limit", limit);
    let request = match after {
        Some(after) => request.query("marker", after),
        None => request,
    };
    let mut answer: Map<String, Value> = request.ok().await?.json()?;
    let key = key(collection);
    let items: Items<T> = serde_json::from_value(answer.remove(key).unwrap_or_default())
        .map_err(|e| Error::unreadable("list", e))?;
    let links = answer.remove(&format!("{key}_links"));
    let is_next = |link: &Value| link["rel"] == "next";
    let more = links.as_ref().and_then(Value::as_array).is_some_and(|links| links.iter().any(is_next));
    Ok(Chunk { items: items.into(), more })
}
