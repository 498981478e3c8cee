//! What an operator does with plugins while calls go on: through PluginService and through `patchbay plugin`. Nova's
//! plugin and the `hostile` component take turns in the compute route; who answered shows in the answer for a flavor that
//! does not exist.
//!
//! How admission, drain and canaries behave is tested in `plugins`.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod audit;
mod carried;
mod command;
mod load;
mod refusal;
mod route;
mod standing;
mod switch;
mod tenant;
mod token;
mod upload;
mod watch;

use std::fs;

use futures::stream;
use patchbay_core::Digest;
use patchbay_proto::flavor::GetFlavorReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_proto::plugin::load_plugin_request::{Header, Part};
use patchbay_proto::plugin::plugin_service_client::PluginServiceClient;
use patchbay_proto::plugin::{Generation, ListPluginsRequest, LoadPluginRequest};
use patchbay_tests::component::guest;
use patchbay_tests::deployment::Builder;
use patchbay_tests::{Deployment, Tenant};
use tonic::Status;
use tonic::transport::Channel;

/// The compute route's file, whoever is in it.
const PLUGIN: &str = "compute-nova";
/// What is sent in one message: a part of every component.
const CHUNK_BYTES: usize = 16 << 10;

/// A deployment and a tenant.
struct Stage {
    deployment: Deployment,
    tenant: Tenant,
}

/// Who answers a tenant's compute calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nova,
    Hostile,
}

impl Stage {
    /// On a cloud that does everything at once.
    async fn start() -> Self {
        Self::with(Deployment::builder()).await
    }

    async fn with(builder: Builder) -> Self {
        let deployment = builder.at_once().start().await;
        let tenant = deployment.tenant("acme").await;
        Self { deployment, tenant }
    }

    fn plugins(&self) -> PluginServiceClient<Channel> {
        PluginServiceClient::new(self.deployment.grpc())
    }

    /// All generations.
    async fn list(&self) -> Vec<Generation> {
        let request = self.deployment.operator(ListPluginsRequest {});
        self.plugins().list_plugins(request).await.unwrap().into_inner().generations
    }

    /// That of this number.
    async fn generation(&self, number: u64) -> Generation {
        let list = self.list().await;
        list.iter().find(|generation| generation.number == number).cloned().expect("it is listed")
    }

    /// The one that the compute route began with.
    async fn nova(&self) -> Generation {
        self.list().await.into_iter().find(|generation| generation.domain == "compute").expect("it is listed")
    }

    /// Sends these messages.
    async fn send(&self, messages: Vec<LoadPluginRequest>) -> Result<Vec<Generation>, Status> {
        let request = self.deployment.operator(stream::iter(messages));
        Ok(self.plugins().load_plugin(request).await?.into_inner().generations)
    }

    /// Loads a component in the compute plugin's place; its generation.
    async fn load(&self, component: &[u8]) -> Generation {
        let [generation] = self.send(upload(PLUGIN, component)).await.unwrap().try_into().unwrap();
        generation
    }

    /// The same with the hostile component.
    async fn load_hostile(&self) -> Generation {
        self.load(&guest("hostile")).await
    }

    /// Who answers the tenant.
    async fn who(&self) -> Who {
        who(self.deployment.grpc(), &self.tenant).await
    }

    /// The files in the plugin directory, with their digests, in order.
    fn files(&self) -> Vec<(String, Digest)> {
        let files = fs::read_dir(self.deployment.plugins()).unwrap().map(|file| file.unwrap());
        let mut files: Vec<_> = files
            .map(|file| {
                let name = file.file_name().into_string().unwrap();
                (name, Digest::of(&fs::read(file.path()).unwrap()))
            })
            .collect();
        files.sort_by(|(a, _), (b, _)| a.cmp(b));
        files
    }

    /// The digest of the file in the compute plugin's place.
    fn file(&self) -> Digest {
        let file = self.deployment.plugins().join(PLUGIN).with_extension("wasm");
        Digest::of(&fs::read(file).unwrap())
    }
}

async fn who(channel: Channel, tenant: &Tenant) -> Who {
    let request = GetFlavorReq { flavor_id: "no-such-flavor".to_owned(), ..tenant.request() };
    let answer = FlavorServiceClient::new(channel).get_flavor(request).await.unwrap().into_inner();
    match answer.code {
        0 => Who::Hostile,
        5 => Who::Nova,
        code => panic!("{code}: {}", answer.msg),
    }
}

/// A component as the client sends it.
fn upload(plugin: &str, component: &[u8]) -> Vec<LoadPluginRequest> {
    let header = Header {
        plugin: plugin.to_owned(),
        size_bytes: component.len() as u64,
        sha256: Digest::of(component).as_str().to_owned(),
    };
    let chunks = component.chunks(CHUNK_BYTES).map(|chunk| Part::Chunk(chunk.to_vec()));
    let parts = [Part::Header(header)].into_iter().chain(chunks);
    parts.map(|part| LoadPluginRequest { part: Some(part) }).collect()
}
