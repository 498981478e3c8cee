//! Neutron as this plugin reaches it, its lists, and the mark by which an operation finds what it made.

use patchbay_sdk::Error;
use patchbay_sdk::error::kind;
use patchbay_sdk::openstack::Service;
use patchbay_sdk::openstack::page::{self, Chunk, LIST_ITEMS_MAX, Marker};
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
    pub(crate) id: String,
}

impl Marker for Id {
    fn marker(&self) -> &str {
        &self.id
    }
}

/// The description of what an operation makes until it is whole. Neutron takes tags only after the create, and what
/// is made must bear the operation's mark from its first moment; so the last step of a create writes the description
/// that was asked for.
pub(crate) fn mark(operation: &str) -> String {
    format!("patchbay-{operation}")
}

/// The ids of what the operation made in a collection and did not make whole.
pub(crate) async fn marked(collection: &str, operation: &str) -> Result<Vec<String>, Error> {
    let mark = mark(operation);
    match list::<Id>(collection, &[("description", &mark), ("fields", "id")]).await {
        // Not every cloud has routers.
        Err(error) if error.is(kind::NOT_FOUND) => Ok(Vec::new()),
        found => Ok(found?.into_iter().map(|found| found.id).collect()),
    }
}

/// Every member of a collection that the filters let through.
pub(crate) async fn list<T: DeserializeOwned + Marker>(
    collection: &str,
    filters: &[(&str, &str)],
) -> Result<Vec<T>, Error> {
    page::first(LIST_ITEMS_MAX, async |limit, after: Option<&str>| {
        chunk(collection, filters, limit, after).await
    })
    .await
}

/// At most `limit` members of a collection after the one whose id is `after`.
pub(crate) async fn chunk<T: DeserializeOwned>(
    collection: &str,
    filters: &[(&str, &str)],
    limit: usize,
    after: Option<&str>,
) -> Result<Chunk<T>, Error> {
    let request = NEUTRON.get(&[collection]).query("limit", limit);
    let after = after.map(|after| ("marker", after));
    let request = filters
        .iter()
        .copied()
        .chain(after)
        .fold(request, |request, (name, value)| request.query(name, value));
    let mut answer: Map<String, Value> = request.ok().await?.json()?;
    let key = collection.replace('-', "_");
    let items = serde_json::from_value(answer.remove(&key).unwrap_or_default())
        .map_err(|e| Error::hidden(kind::INTERNAL, format_args!("unreadable list of {collection}: {e}")))?;
    let links = answer.remove(&format!("{key}_links"));
    let is_next = |link: &Value| link["rel"] == "next";
    let more = links.as_ref().and_then(Value::as_array).is_some_and(|links| links.iter().any(is_next));
    Ok(Chunk { items, more })
}
