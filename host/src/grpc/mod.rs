//! The gRPC server: the contract's services, reflection and health. A service's calls are in the file of its name;
//! nothing below this module knows of gRPC.

mod answer;
mod change;
mod check;
mod cidr;
mod claim;
mod disk;
mod flavor;
mod health;
mod image;
mod instance;
mod journal;
mod nas;
mod once;
mod operation;
mod oss;
mod plugin;
mod reply;
mod route;
mod security_group;
mod tenant;
mod vpc;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

pub use self::reply::ErrorStyle;
use crate::auth::Auth;
use crate::membership::Membership;
use crate::operation::Runner;
use crate::plugin::Plugins;
use crate::proto;
use crate::telemetry::Metrics;
use crate::tenant::Registrar;

/// The gRPC server's address and bounds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The largest request, in bytes; a larger one is refused as OUT_OF_RANGE (11).
    pub message_bytes_max: usize,
    /// How long a call may take, in milliseconds, where the caller sets no shorter deadline.
    pub call_ms_max: u64,
    /// How long before the caller's deadline an unfinished operation is answered, in milliseconds.
    pub answer_margin_ms: u64,
    /// Calls at once on one connection.
    pub streams_max: u32,
    /// How failures are told where the call does not say: "response" or "status".
    pub error_style: ErrorStyle,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7000)),
            message_bytes_max: 1 << 20,
            call_ms_max: 60_000,
            answer_margin_ms: 200,
            streams_max: 1_024,
            error_style: ErrorStyle::Response,
        }
    }
}

/// What every call reaches.
#[derive(Clone)]
pub struct Api {
    /// The server's configuration.
    pub config: Arc<Config>,
    /// Who may call.
    pub auth: Arc<Auth>,
    /// Who answers.
    pub plugins: Arc<Plugins>,
    /// Work that goes on.
    pub operations: Arc<Runner>,
    /// The hosts that share the database.
    pub membership: Arc<Membership>,
    /// How tenants come about.
    pub registrar: Arc<Registrar>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Ends the server: no new calls, streams end, other calls in flight go on.
    pub stopping: CancellationToken,
}

/// Serves until `api.stopping`, then lets the calls in flight end.
///
/// # Errors
/// When the listener fails.
pub async fn serve(api: Api, listener: TcpListener) -> anyhow::Result<()> {
    let bytes_max = api.config.message_bytes_max;
    let health = health::service(&api.plugins, api.stopping.clone()).await;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    macro_rules! service {
        ($package:ident::$module:ident::$server:ident) => {
            proto::$package::$module::$server::new(api.clone()).max_decoding_message_size(bytes_max)
        };
    }
    let served = Server::builder()
        .max_concurrent_streams(api.config.streams_max)
        .add_service(health)
        .add_service(reflection()?.build_v1().context("reflection")?)
        .add_service(reflection()?.build_v1alpha().context("reflection")?)
        .add_service(service!(tenant::tenant_service_server::TenantServiceServer))
        .add_service(service!(flavor::flavor_service_server::FlavorServiceServer))
        .add_service(service!(image::image_service_server::ImageServiceServer))
        .add_service(service!(instance::instance_service_server::InstanceServiceServer))
        .add_service(service!(securitygroup::security_group_service_server::SecurityGroupServiceServer))
        .add_service(service!(clouddisk::cloud_disk_service_server::CloudDiskServiceServer))
        .add_service(service!(nasdisk::nas_disk_service_server::NasDiskServiceServer))
        .add_service(service!(oss::oss_service_server::OssServiceServer))
        .add_service(service!(vpc::vpc_service_server::VpcServiceServer))
        .add_service(service!(route::route_service_server::RouteServiceServer))
        .add_service(service!(operation::operation_service_server::OperationServiceServer))
        .add_service(service!(plugin::plugin_service_server::PluginServiceServer))
        .add_service(service!(journal::journal_service_server::JournalServiceServer))
        .serve_with_incoming_shutdown(incoming, api.stopping.cancelled_owned());
    served.await.context("the gRPC server failed")
}

fn reflection() -> anyhow::Result<tonic_reflection::server::Builder<'static>> {
    Ok(tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET))
}
