//! Plugins while the host runs: dropped in, refused, running away, at their bounds. The `hostile` component (in
//! `tests/guests`) stands in the place of the compute plugin and does what the flavor's id says.
//!
//! What a component does to a cloud is tested elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod backend;
mod background;
mod begun;
mod bounds;
mod compiled;
mod directory;
mod drain;
mod drop_in;
mod neighbour;
mod observed;
mod operator;
mod read;
mod refusal;
mod reload;
mod runaway;
mod share;
mod silent;
mod standby;
mod text;
mod trial;
mod warm;

use std::time::Duration;

use patchbay_proto::flavor::GetFlavorReq;
use patchbay_proto::flavor::flavor_service_client::FlavorServiceClient;
use patchbay_tests::component::{guest, install};
use patchbay_tests::deployment::Builder;
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Deployment, Tenant, wait_for};
use toml::Table;
use tonic::transport::Channel;

/// The compute route's file, whoever is in it.
const PLUGIN: &str = "compute-nova";
/// How long a swap may take: settling, compiling, reading `about`.
const SWAP_MAX: Duration = Duration::from_secs(60);

/// A host in a process of its own, and a tenant.
struct Stage {
    host: HostProcess,
    deployment: Deployment,
    tenant: Tenant,
}

/// What a call for a flavor got.
#[derive(Debug)]
struct Answer {
    code: i32,
    msg: String,
    name: String,
    request_id: String,
}

impl Stage {
    /// With the built plugins.
    async fn start(builder: Builder) -> Self {
        Self::with(builder, |_| ()).await
    }

    /// With the hostile component in the compute plugin's place.
    async fn hostile(builder: Builder) -> Self {
        let hostile = guest("hostile");
        Self::with(builder, |deployment| install(&hostile, &deployment.plugins(), PLUGIN)).await
    }

    async fn with(builder: Builder, prepare: impl FnOnce(&Deployment)) -> Self {
        let mut deployment = builder.start().await;
        let tenant = deployment.tenant("acme").await;
        prepare(&deployment);
        let host = HostProcess::start(&mut deployment).await;
        Self { host, deployment, tenant }
    }

    fn install(&self, component: &[u8]) {
        install(component, &self.deployment.plugins(), PLUGIN);
    }

    /// GetFlavor, which can be waited for elsewhere.
    fn flavor(&self, id: &str) -> impl Future<Output = Answer> + Send + use<> {
        self.flavor_for(&self.tenant, self.host.grpc(), id)
    }

    /// The same for a tenant, on a connection.
    fn flavor_for(
        &self,
        tenant: &Tenant,
        channel: Channel,
        id: &str,
    ) -> impl Future<Output = Answer> + Send + use<> {
        let request = GetFlavorReq { flavor_id: id.to_owned(), ..tenant.request() };
        async move {
            let answer = FlavorServiceClient::new(channel).get_flavor(request).await.expect("an answer");
            let request_id = answer
                .metadata()
                .get("x-request-id")
                .expect("a request id")
                .to_str()
                .expect("ASCII")
                .to_owned();
            let answer = answer.into_inner();
            let name = answer.flavor.unwrap_or_default().flavor_name;
            Answer { code: answer.code, msg: answer.msg, name, request_id }
        }
    }

    /// Another tenant of the host.
    async fn neighbour(&self, name: &str) -> Tenant {
        self.deployment.lead_to(&self.host);
        self.deployment.tenant(name).await
    }

    /// Waits until the plugin in the compute route answers for an unknown flavor as it should: the hostile
    /// component with the id as the name, Nova's with NOT_FOUND.
    async fn serves(&self, hostile: bool) {
        let code = if hostile { 0 } else { 5 };
        let swapped = async || (self.flavor("x").await.code == code).then_some(());
        wait_for("the other plugin to serve", SWAP_MAX, swapped).await;
    }

    async fn admissions(&self, outcome: &str) -> u64 {
        let labels = [("plugin", PLUGIN), ("outcome", outcome)];
        self.host.metrics().await.sum("patchbay_admissions_total", &labels)
    }
}

/// Changes the compute route.
fn route(builder: Builder, change: impl FnOnce(&mut Table) + Send + 'static) -> Builder {
    builder.config(|config| change(compute(config)))
}

/// The first compute route.
fn compute(config: &mut Table) -> &mut Table {
    let routes = config["route"].as_array_mut().expect("routes");
    let compute = routes.iter_mut().find(|route| route["domain"].as_str() == Some("compute"));
    compute.and_then(toml::Value::as_table_mut).expect("a compute route")
}

/// Grants the compute plugin the backend that the test holds in its hands.
fn with_backend(builder: Builder, url: &str) -> Builder {
    let upstream = format!("upstream.backend = {{ kind = \"http\", base_url = {url:?} }}");
    route(builder.toml(&upstream), |route| {
        let upstreams = route["upstreams"].as_table_mut().expect("upstreams");
        upstreams.insert("backend".to_owned(), "backend".into());
    })
}
