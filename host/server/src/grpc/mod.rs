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
    /// not used; where all are used, it is refused. Beside them one in eight more may be leaving.
    pub connections_max: usize,
    /// How many of them may come from one address, or from one IPv6 network of 64 bits; one more takes the place of one of
    /// these that is not used. Raise it where all clients come by way of one balancer.
    pub connections_per_address_max: usize,
    /// How long a new connection may take to finish TLS and to speak HTTP/2.
    pub handshake_ms_max: u64,
    /// How long a connection is kept on which nothing goes on.
    pub idle_ms_max: u64,
    /// How old a connection becomes, up to a tenth less; then its client is told to make its next calls on another one, and
    /// those that it has made go on, for `call_ms_max` and `answer_ms_max`: then what is still watched ends too.
    pub connection_age_ms_max: u64,
    /// How often the host asks (PING) whether a connection's client is still there.
    pub keepalive_ms: u64,
    /// How long the client may take to answer that, before the connection is closed.
    pub keepalive_ms_max: u64,
    /// The headers of one request, as HTTP/2 counts them: 32 bytes more for each.
    pub header_bytes_max: u32,
    /// Frames that have nothing to do with calls (PING, SETTINGS, PRIORITY, unknown ones) that a connection may send within ten
    /// seconds, beside as many HEADERS and DATA.
    pub control_frames_max: u32,
    /// Requests at once, over all connections, whose message has not come; one more ends the one that has been silent for
    /// longest.
    pub waiting_max: usize,
    /// The wait for the next piece of a request's message; no longer than the call may take.
    pub message_ms_max: u64,
    /// How long an answer is offered to a caller who does not take it.
    pub answer_ms_max: u64,
    /// The wait for what is to be closed: a connection's client to learn of it, after which no call begins on it any more, and,
    /// after SIGTERM, the message of a request that has begun.
    pub close_ms_max: u64,
    /// Calls at once of the services that need no key, health and reflection; a stream counts until it ends.
    pub keyless_calls_max: usize,
    /// How many of those may come from one address.
    pub keyless_calls_per_address_max: usize,
    /// Calls at once whose message has come, over all connections; one more is shed at once as UNAVAILABLE, with a hint when
    /// to try again.
    pub calls_max: usize,
    /// Bytes of all requests, as they came and as they were read, and of all answers that are not taken yet. While there are
    /// more, requests are shed as UNAVAILABLE.
    pub calls_bytes_max: usize,
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
            calls_max: 8_192,
            calls_bytes_max: 256 << 20,
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
        for (key, bound) in self.bounds() {
            anyhow::ensure!(bound > 0, "grpc.{key} must be at least 1");
        }
        // As it came and as it is read.
        anyhow::ensure!(
            self.calls_bytes_max / 2 >= self.message_bytes_max,
            "grpc.calls_bytes_max must be at least twice grpc.message_bytes_max, or the largest request never finds room"
        );
        Ok(())
    }

    /// With 0 of any of these nobody is served.
    fn bounds(&self) -> [(&'static str, u64); 18] {
        [
            ("message_bytes_max", self.message_bytes_max as u64),
            ("call_ms_max", self.call_ms_max),
            ("streams_max", self.streams_max.into()),
            ("connections_max", self.connections_max as u64),
            ("connections_per_address_max", self.connections_per_address_max as u64),
            ("handshake_ms_max", self.handshake_ms_max),
            ("idle_ms_max", self.idle_ms_max),
            ("connection_age_ms_max", self.connection_age_ms_max),
            ("keepalive_ms", self.keepalive_ms),
            ("keepalive_ms_max", self.keepalive_ms_max),
            ("header_bytes_max", self.header_bytes_max.into()),
            ("control_frames_max", self.control_frames_max.into()),
            ("waiting_max", self.waiting_max as u64),
            ("message_ms_max", self.message_ms_max),
            ("answer_ms_max", self.answer_ms_max),
            ("calls_max", self.calls_max as u64),
            ("keyless_calls_max", self.keyless_calls_max as u64),
            ("keyless_calls_per_address_max", self.keyless_calls_per_address_max as u64),
        ]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_0_with_which_nobody_is_served_are_refused() {
        assert!(Config::default().check().is_ok());
        for (key, _) in Config::default().bounds() {
            let config: Config = toml::from_str(&format!("{key} = 0")).unwrap();
            let told = config.check().unwrap_err().to_string();
            assert!(told.contains(&format!("grpc.{key} ")), "{key}: {told}");
        }
        let config: Config = toml::from_str("calls_bytes_max = 1000000").unwrap();
        assert!(config.check().unwrap_err().to_string().contains("grpc.calls_bytes_max"));
    }
}
