//! The gRPC server: the contract's services, reflection and health. A service's calls are in the file of its name;
//! nothing below this module knows of gRPC.

mod audit;
mod change;
mod check;
mod cidr;
mod context;
mod convert;
mod disk;
mod flavor;
mod handle;
mod health;
mod idempotent;
mod image;
mod instance;
mod journal;
mod nas;
mod operation;
mod oss;
mod outcome;
mod plugin;
mod port;
mod reply;
mod request_id;
mod route;
mod security_group;
mod stranger;
mod tenant;
mod tenant_admin;
mod trail;
mod vpc;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use patchbay_durable::audit::Audit;
use patchbay_durable::membership::Membership;
use patchbay_operations::Runner;
use patchbay_operations::registrar::Registrar;
use patchbay_proto as proto;
use patchbay_rollout::Plugins;
use patchbay_telemetry::{Metrics, Sampler};
use patchbay_tenants::Administration;
use patchbay_tenants::auth::Auth;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::codec::CompressionEncoding::{Gzip, Zstd};

use self::port::{Port, Services};
pub use self::reply::ErrorStyle;
use self::stranger::Strangers;
use crate::tls::{self, Security};

/// The gRPC server's address and bounds.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port of the API; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The port's TLS, by files in PEM that are read anew when they change; without it the port speaks in the clear.
    pub tls: Option<tls::Config>,
    /// Speaks in the clear also where other machines reach `listen`.
    pub insecure: bool,
    /// The largest request, also when it comes packed (gzip, zstd); a larger one is refused as RESOURCE_EXHAUSTED (8).
    pub message_bytes_max: usize,
    /// The longest call, where its caller sets no shorter deadline.
    pub call_ms_max: u64,
    /// How long before a call's deadline an unfinished operation is answered.
    pub answer_margin_ms: u64,
    /// Calls at once on one connection.
    pub streams_max: u32,
    /// Connections at once; at most half of the files that the process may open. A new one takes the place of one that is
    /// not used.
    pub connections_max: usize,
    /// How many of them may come from one address, or from one IPv6 network of 64 bits; one more takes the place of one of
    /// these that is not used.
    pub connections_per_address_max: usize,
    /// How long a new connection may take to finish TLS and to speak HTTP/2.
    pub handshake_ms_max: u64,
    /// How long a connection is kept on which nothing goes on.
    pub idle_ms_max: u64,
    /// How old a connection becomes, up to a tenth less; then its client is told to make its next calls on another one, and
    /// those that it has made go on.
    pub connection_age_ms_max: u64,
    /// How often the host asks (PING) whether a connection's client is still there.
    pub keepalive_ms: u64,
    /// How long the client may take to answer that, before the connection is closed.
    pub keepalive_ms_max: u64,
    /// The headers of one request, as HTTP/2 counts them: 32 bytes more for each.
    pub header_bytes_max: u32,
    /// PING, SETTINGS and PRIORITY frames that a connection may send within ten seconds, beside as many frames of calls.
    pub control_frames_max: u32,
    /// Requests at once, over all connections, whose message has not come; one more ends the one that has been silent for
    /// longest.
    pub waiting_max: usize,
    /// The wait for the next piece of a request's message; no longer than the call may take.
    pub message_ms_max: u64,
    /// How long an answer is offered to a caller who does not take it.
    pub answer_ms_max: u64,
    /// The wait for what is to be closed: a connection's client to learn of it and, after SIGTERM, the message of a request
    /// that has begun.
    pub close_ms_max: u64,
    /// Calls at once of the services that need no key, health and reflection; a stream counts until it ends.
    pub keyless_calls_max: usize,
    /// How many of those may come from one address.
    pub keyless_calls_per_address_max: usize,
    /// How failures are told, where the call's metadata `x-error-style` does not say.
    pub error_style: ErrorStyle,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7000)),
            tls: None,
            insecure: false,
            message_bytes_max: 1 << 20,
            call_ms_max: 60_000,
            answer_margin_ms: 200,
            streams_max: 256,
            connections_max: 4_096,
            connections_per_address_max: 1_024,
            handshake_ms_max: 5_000,
            idle_ms_max: 60_000,
            connection_age_ms_max: 3_600_000,
            keepalive_ms: 30_000,
            keepalive_ms_max: 10_000,
            header_bytes_max: 16 << 10,
            control_frames_max: 1_000,
            waiting_max: 1_024,
            message_ms_max: 10_000,
            answer_ms_max: 10_000,
            close_ms_max: 500,
            keyless_calls_max: 1_024,
            keyless_calls_per_address_max: 256,
            error_style: ErrorStyle::Response,
        }
    }
}

impl Config {
    /// What can be seen before anything starts.
    ///
    /// # Errors
    /// An address that others reach without TLS, or a bound that cannot be.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        tls::check("grpc", self.listen, self.tls.as_ref(), self.insecure)?;
        anyhow::ensure!(self.keepalive_ms > 0, "grpc.keepalive_ms is 0");
        Ok(())
    }
}

/// What every call reaches.
#[derive(Clone)]
pub struct Api {
    /// The server's configuration.
    pub config: Arc<Config>,
    /// How its connections are protected.
    pub(crate) security: Security,
    /// Who may call.
    pub auth: Arc<Auth>,
    /// Who answers.
    pub plugins: Arc<Plugins>,
    /// Work that goes on.
    pub operations: Arc<Runner>,
    /// The hosts that share the database.
    pub membership: Arc<Membership>,
    /// What operators do with tenants that are there.
    pub administration: Arc<Administration>,
    /// How tenants come about.
    pub registrar: Arc<Registrar>,
    /// Who changed what.
    pub audit: Arc<Audit>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Which refused calls get a line in the log.
    pub refusals: Arc<Sampler>,
    /// Ends the server: no new calls, streams end, other calls in flight go on.
    pub stopping: CancellationToken,
}

/// Serves until `api.stopping`, then lets the calls in flight end.
///
/// # Errors
/// When the contract cannot be described.
pub async fn serve(api: Api, listener: TcpListener) -> anyhow::Result<()> {
    let services = services(&api).await?;
    let Api { config, security, metrics, stopping, .. } = api;
    Port::new(services, config, security, metrics, stopping).serve(listener).await;
    Ok(())
}

/// All services, with the same bound of messages, packed or not.
async fn services(api: &Api) -> anyhow::Result<Services> {
    let bytes_max = api.config.message_bytes_max;
    macro_rules! bounded {
        ($server:expr) => {
            $server
                .max_decoding_message_size(bytes_max)
                .accept_compressed(Gzip)
                .accept_compressed(Zstd)
                .send_compressed(Gzip)
                .send_compressed(Zstd)
        };
    }
    let strangers = Strangers::new(&api.config);
    let health = bounded!(health::service(&api.plugins, api.stopping.clone()).await);
    let mut services = Services::default()
        .with(strangers.admit(health))
        .with(strangers.admit(bounded!(reflection()?.build_v1().context("reflection")?)))
        .with(strangers.admit(bounded!(reflection()?.build_v1alpha().context("reflection")?)));
    macro_rules! add {
        ($package:ident::$module:ident::$server:ident) => {
            services = services.with(bounded!(proto::$package::$module::$server::new(api.clone())));
        };
    }
    proto::services!(add);
    Ok(services)
}

fn reflection() -> anyhow::Result<tonic_reflection::server::Builder<'static>> {
    Ok(tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET))
}
