//! Nova and Cinder as the native handler reads them: typed, with the pool that the host's upstreams have.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use patchbay_upstream::TransportConfig;
use reqwest::Client;
use reqwest::header::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Arguments;

/// The two services.
pub(super) struct Backend {
    client: Client,
    compute: String,
    volume: String,
    /// What changes rarely, as the host's plugins keep it. Here it never goes: there is one flavor and one server.
    kept: Mutex<HashMap<String, String>>,
}

#[derive(Deserialize)]
struct Flavors {
    flavors: Vec<Flavor>,
}

#[derive(Deserialize)]
struct OneFlavor {
    flavor: Flavor,
}

#[derive(Deserialize)]
pub(super) struct Flavor {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) vcpus: u32,
    pub(super) ram: u32,
    pub(super) disk: u32,
}

#[derive(Deserialize)]
struct OneServer {
    server: Server,
}

#[derive(Deserialize)]
pub(super) struct Server {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: String,
    pub(super) created: String,
    pub(super) updated: String,
    pub(super) flavor: OwnFlavor,
    #[serde(default)]
    pub(super) addresses: BTreeMap<String, Vec<Address>>,
    #[serde(default)]
    pub(super) security_groups: Vec<Group>,
    #[serde(rename = "OS-EXT-AZ:availability_zone", default)]
    pub(super) availability_zone: String,
    #[serde(rename = "os-extended-volumes:volumes_attached", default)]
    pub(super) volumes: Vec<Attached>,
}

#[derive(Deserialize)]
pub(super) struct OwnFlavor {
    pub(super) original_name: String,
    pub(super) vcpus: u32,
    pub(super) ram: u32,
    pub(super) disk: u32,
}

#[derive(Deserialize)]
pub(super) struct Address {
    pub(super) addr: String,
}

#[derive(Deserialize)]
pub(super) struct Group {
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct Attached {
    pub(super) id: String,
}

#[derive(Deserialize)]
struct OneVolume {
    volume: Volume,
}

#[derive(Deserialize)]
pub(super) struct Volume {
    pub(super) volume_type: String,
    pub(super) size: i32,
    pub(super) attachments: Vec<Attachment>,
    #[serde(default)]
    pub(super) volume_image_metadata: ImageMetadata,
}

#[derive(Deserialize)]
pub(super) struct Attachment {
    pub(super) device: String,
}

#[derive(Default, Deserialize)]
pub(super) struct ImageMetadata {
    #[serde(default)]
    pub(super) image_id: String,
}

#[derive(Deserialize)]
struct Interfaces {
    #[serde(rename = "interfaceAttachments")]
    interfaces: Vec<Interface>,
}

#[derive(Deserialize)]
struct Interface {
    net_id: String,
}

impl Backend {
    pub(super) fn new(arguments: &Arguments) -> Result<Self> {
        let transport = TransportConfig::default();
        let mut headers = HeaderMap::new();
        headers.insert("x-auth-token", HeaderValue::try_from(&arguments.token)?);
        headers.insert("openstack-api-version", HeaderValue::from_static("compute 2.47"));
        let client = Client::builder()
            .default_headers(headers)
            .connect_timeout(Duration::from_millis(transport.connect_timeout_ms))
            .timeout(Duration::from_millis(transport.timeout_ms))
            .pool_max_idle_per_host(transport.pool_idle_max)
            .pool_idle_timeout(Duration::from_millis(transport.pool_idle_timeout_ms))
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let (compute, volume) = (arguments.compute.clone(), arguments.volume.clone());
        Ok(Self { client, compute, volume, kept: Mutex::default() })
    }

    pub(super) async fn flavors(&self, limit: i32) -> Result<Vec<Flavor>> {
        let listed: Flavors = self.read(format!("{}/flavors/detail?limit={limit}", self.compute)).await?;
        Ok(listed.flavors)
    }

    pub(super) async fn flavor(&self, id: &str) -> Result<Flavor> {
        let shown: OneFlavor = self.read(format!("{}/flavors/{id}", self.compute)).await?;
        Ok(shown.flavor)
    }

    pub(super) async fn server(&self, id: &str) -> Result<Server> {
        let shown: OneServer = self.read(format!("{}/servers/{id}", self.compute)).await?;
        Ok(shown.server)
    }

    pub(super) async fn volume(&self, id: &str) -> Result<Volume> {
        let shown: OneVolume = self.read(format!("{}/volumes/{id}", self.volume)).await?;
        Ok(shown.volume)
    }

    pub(super) async fn flavor_id(&self, name: &str) -> Result<String> {
        let read = async || {
            let flavor = self.flavors(1_000).await?.into_iter().find(|flavor| flavor.name == name);
            flavor.map(|flavor| flavor.id).context("no such flavor")
        };
        self.kept_or(name, read).await
    }

    pub(super) async fn network_id(&self, server: &str) -> Result<String> {
        let read = async || {
            let url = format!("{}/servers/{server}/os-interface", self.compute);
            let Interfaces { interfaces } = self.read(url).await?;
            interfaces.into_iter().next().map(|interface| interface.net_id).context("no interface")
        };
        self.kept_or(server, read).await
    }

    async fn kept_or(&self, key: &str, read: impl AsyncFnOnce() -> Result<String>) -> Result<String> {
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = kept().get(key) {
            return Ok(value.clone());
        }
        let value = read().await?;
        kept().insert(key.to_owned(), value.clone());
        Ok(value)
    }

    async fn read<T: DeserializeOwned>(&self, url: String) -> Result<T> {
        Ok(self.client.get(url).send().await?.error_for_status()?.json().await?)
    }
}
