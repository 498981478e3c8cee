//! What Nova's server leaves out and another call tells. All of it changes rarely and is kept for a while,
//! so that reading an instance costs one call to Nova and those to storage.

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Flag, Items, Maybe, Text};
use patchbay_sdk::openstack::Service;
use patchbay_sdk::openstack::page::{self, LIST_ITEMS_MAX};
use patchbay_sdk::{Error, cache};
use serde::Deserialize;

use crate::flavors;
use crate::nova::{ADMIN_UPSTREAM, SERVERS, UPSTREAM};

/// A flavor's name may be given to another one.
const FLAVOR_TTL_MS: u32 = 5 * 60 * 1000;
/// An address moves to another network only with its port.
const NETWORK_TTL_MS: u32 = 10 * 60 * 1000;
/// A migration changes it.
const HYPERVISOR_TTL_MS: u32 = 60 * 1000;
/// What a volume was made of does not change.
const IMAGE_TTL_MS: u32 = 60 * 60 * 1000;

const CINDER: Service = Service { upstream: UPSTREAM, root: &["block-storage"], microversion: None };

#[derive(Deserialize)]
struct Interfaces {
    #[serde(rename = "interfaceAttachments")]
    interfaces: Items<Interface>,
}

#[derive(Deserialize)]
struct Interface {
    net_id: Text,
    #[serde(default)]
    fixed_ips: Items<FixedIp>,
}

#[derive(Deserialize)]
struct FixedIp {
    ip_address: Text,
}

#[derive(Deserialize)]
struct OneVolume {
    volume: Volume,
}

#[derive(Deserialize)]
struct Volume {
    bootable: Flag,
    volume_image_metadata: Maybe<ImageMetadata>,
}

#[derive(Deserialize)]
struct ImageMetadata {
    image_id: Text,
}

#[derive(Deserialize)]
struct OneServer {
    server: Host,
}

#[derive(Deserialize)]
struct Host {
    #[serde(rename = "OS-EXT-SRV-ATTR:hypervisor_hostname")]
    hypervisor: Text,
}

/// The id of the flavor of this name; empty without a name, and where the tenant sees none, as when it is deleted.
pub(crate) async fn flavor_id(name: &str) -> Result<String, Error> {
    if name.is_empty() {
        return Ok(String::new());
    }
    cache::get_or_read(&format!("flavor-id/{name}"), FLAVOR_TTL_MS, async || {
        let flavors = page::first(LIST_ITEMS_MAX, flavors::fetch).await?;
        let flavor = flavors.into_iter().find(|flavor| flavor.name == *name);
        Ok(Some(flavor.map(|flavor| flavor.id.into()).unwrap_or_default()))
    })
    .await
}

/// The id of the network on which the server has this address; empty without an address, and where the
/// cloud does not tell the tenant.
pub(crate) async fn network_id(server: &str, address: &str) -> Result<String, Error> {
    if address.is_empty() {
        return Ok(String::new());
    }
    cache::get_or_read(&format!("network-id/{server}/{address}"), NETWORK_TTL_MS, async || {
        let answer = match SERVERS.get(&["servers", server, "os-interface"]).ok().await {
            Err(error) if error.is(kind::DENIED) => return Ok(Some(String::new())),
            Err(error) if error.is(kind::NOT_FOUND) => return Ok(None),
            answer => answer?,
        };
        let Interfaces { interfaces } = answer.json()?;
        let has = |interface: &Interface| interface.fixed_ips.iter().any(|ip| ip.ip_address == *address);
        Ok(interfaces.into_iter().find(has).map(|interface| interface.net_id.into()))
    })
    .await
}

/// The id of the image that Nova made this root volume of; empty where it was made of none.
pub(crate) async fn image_id(root_volume: &str) -> Result<String, Error> {
    cache::get_or_read(&format!("image-id/{root_volume}"), IMAGE_TTL_MS, async || {
        let answer = CINDER.get(&["volumes", root_volume]).show().await?;
        let metadata = answer.json::<OneVolume>()?.volume.volume_image_metadata.get();
        Ok(metadata.and_then(|metadata| metadata.image_id.some()))
    })
    .await
}

/// Whether a server could start from this volume.
pub(crate) async fn is_bootable(volume: &str) -> Result<bool, Error> {
    let kept = cache::get_or_read(&format!("bootable/{volume}"), IMAGE_TTL_MS, async || {
        let answer = CINDER.get(&["volumes", volume]).show().await?;
        // What is none yet may be one later.
        Ok(answer.json::<OneVolume>()?.volume.bootable.is_set().then(|| true.to_string()))
    })
    .await?;
    Ok(kept == true.to_string())
}

/// The name of the server's hypervisor; empty until it has one, and where the route grants no administrator
/// to ask or asking fails, which is not tried again at once.
pub(crate) async fn hypervisor(server: &str) -> Result<String, Error> {
    cache::get_or_read(&format!("hypervisor/{server}"), HYPERVISOR_TTL_MS, async || {
        Ok(read_hypervisor(server).await.unwrap_or_else(|_| Some(String::new())))
    })
    .await
}

async fn read_hypervisor(server: &str) -> Result<Option<String>, Error> {
    let nova = Service { upstream: ADMIN_UPSTREAM, ..SERVERS };
    let answer = nova.get(&["servers", server]).ok().await?;
    Ok(answer.json::<OneServer>()?.server.hypervisor.some())
}
