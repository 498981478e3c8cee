//! Flavors on Nova.

use patchbay_sdk::compute::{Flavor, Flavors};
use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Id, Items, Number, Text};
use patchbay_sdk::openstack::page::{self, Chunk, Marker};
use patchbay_sdk::{Context, Error, Page};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::nova::FLAVORS;

/// A flavor as Nova shows it.
#[derive(Deserialize)]
pub(crate) struct Wire {
    pub(crate) id: Id,
    pub(crate) name: Text,
    vcpus: Number<u32>,
    ram: Number<u32>,
    disk: Number<u32>,
}

#[derive(Deserialize)]
struct One {
    flavor: Wire,
}

#[derive(Deserialize)]
struct Many {
    flavors: Items<Wire>,
    #[serde(default)]
    flavors_links: Items<IgnoredAny>,
}

impl Marker for Wire {
    fn marker(&self) -> &str {
        &self.id
    }
}

impl From<Wire> for Flavor {
    fn from(wire: Wire) -> Self {
        Self {
            id: wire.id.into(),
            name: wire.name.into(),
            vcpus: wire.vcpus.or_zero(),
            ram: wire.ram.or_zero(),
            disk: wire.disk.or_zero(),
        }
    }
}

impl Flavors for crate::Nova {
    async fn list(_ctx: Context, page: Page) -> Result<Vec<Flavor>, Error> {
        let flavors = page::page(page, fetch).await?;
        Ok(flavors.into_iter().map(Flavor::from).collect())
    }

    async fn get(_ctx: Context, id: String) -> Result<Flavor, Error> {
        let flavor = show(&id).await;
        let flavor = flavor.map_err(|e| e.explain(kind::NOT_FOUND, format_args!("There is no flavor {id}.")));
        flavor.map(Flavor::from)
    }
}

/// The flavor of this id.
pub(crate) async fn show(id: &str) -> Result<Wire, Error> {
    Ok(FLAVORS.get(&["flavors", id]).show().await?.json::<One>()?.flavor)
}

/// At most `limit` flavors after the one whose id is `marker`.
pub(crate) async fn fetch(limit: usize, marker: Option<&str>) -> Result<Chunk<Wire>, Error> {
    let mut request = FLAVORS.get(&["flavors", "detail"]).query("limit", limit);
    if let Some(marker) = marker {
        request = request.query("marker", marker);
    }
    let many: Many = request.ok().await?.json()?;
    Ok(Chunk { items: many.flavors.into(), more: !many.flavors_links.is_empty() })
}
