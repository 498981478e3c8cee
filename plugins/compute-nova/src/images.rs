//! Images on Glance.

use patchbay_sdk::compute::{Image, Images};
use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Id, Items, Text};
use patchbay_sdk::openstack::Service;
use patchbay_sdk::openstack::message::NO_ROUTE;
use patchbay_sdk::openstack::page::{self, Chunk, Marker};
use patchbay_sdk::{Context, Error, Page};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::nova::UPSTREAM;

const GLANCE: Service = Service { upstream: UPSTREAM, root: &["image", "v2"], microversion: None };

/// An image as Glance shows it. Name and formats are null until they are set.
#[derive(Deserialize)]
struct Wire {
    id: Id,
    name: Text,
    disk_format: Text,
    container_format: Text,
}

#[derive(Deserialize)]
struct Many {
    images: Items<Wire>,
    next: Option<IgnoredAny>,
}

impl Marker for Wire {
    fn marker(&self) -> &str {
        &self.id
    }
}

impl From<Wire> for Image {
    fn from(wire: Wire) -> Self {
        Self {
            id: wire.id.into(),
            name: wire.name.into(),
            disk_format: wire.disk_format.into(),
            container_format: wire.container_format.into(),
        }
    }
}

impl Images for crate::Nova {
    async fn list(_ctx: Context, page: Page) -> Result<Vec<Image>, Error> {
        let images = page::page(page, fetch).await?;
        Ok(images.into_iter().map(Image::from).collect())
    }

    async fn get(_ctx: Context, id: String) -> Result<Image, Error> {
        let answer = match GLANCE.get(&["images", &id]).show().await {
            Err(error) => Err(hidden_from_tenant(error).await),
            answer => answer,
        };
        let answer =
            answer.map_err(|e| e.explain(kind::NOT_FOUND, format_args!("There is no image {id}.")))?;
        Ok(answer.json::<Wire>()?.into())
    }
}

/// Of an image that the tenant may not see Glance says what is otherwise said of a path that no service has. Where it lists
/// images, or refuses to, it was Glance.
async fn hidden_from_tenant(error: Error) -> Error {
    if !error.is(kind::UNAVAILABLE) || !error.says(NO_ROUTE) {
        return error;
    }
    let listed = GLANCE.get(&["images"]).query("limit", 1).ok().await;
    let is_glance = match listed.and_then(|answer| answer.json::<Many>()) {
        Ok(_) => true,
        Err(refused) => refused.is(kind::DENIED),
    };
    if is_glance { Error { kind: kind::NOT_FOUND.into(), ..error } } else { error }
}

async fn fetch(limit: usize, marker: Option<&str>) -> Result<Chunk<Wire>, Error> {
    let mut request = GLANCE.get(&["images"]).query("limit", limit);
    if let Some(marker) = marker {
        request = request.query("marker", marker);
    }
    let many: Many = request.ok().await?.json()?;
    Ok(Chunk { items: many.images.into(), more: many.next.is_some() })
}
