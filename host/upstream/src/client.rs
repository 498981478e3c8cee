//! The HTTP client of an upstream as its bounds and its TLS make it: connections, their pool, and whom the host trusts. It asks
//! once, follows nowhere, and knows of no proxy. What is asked, how long and how often, is `transport`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::Verifier;

use super::tls::{Files, Identity};

/// See the module.
pub(super) type Client = legacy::Client<TimeoutConnector<HttpsConnector<HttpConnector>>, Full<Bytes>>;

/// After how long without a byte the system asks whether the other side of a connection is still there.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// How long connections are made and kept.
pub(super) struct Bounds {
    /// To make one, TLS included.
    pub(super) connect: Duration,
    /// Without a request.
    pub(super) idle: Duration,
    /// How many without one are kept for each address.
    pub(super) idle_max: usize,
}

/// A client with these bounds; it connects to nothing yet.
///
/// # Errors
/// A file of its TLS cannot be read or does not hold what it should.
pub(super) fn of(bounds: &Bounds, files: Files<'_>) -> anyhow::Result<Client> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(KEEPALIVE));
    let tls = tls(files)?;
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
    let mut connector = TimeoutConnector::new(connector);
    connector.set_connect_timeout(Some(bounds.connect));
    Ok(legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(bounds.idle)
        .pool_max_idle_per_host(bounds.idle_max)
        .build(connector))
}

fn tls(files: Files<'_>) -> anyhow::Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let verifier =
        Verifier::new_with_extra_roots(files.roots()?, Arc::clone(&provider)).context("ca_file")?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("TLS")?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    match files.identity()? {
        Some(Identity { chain, key }) => {
            builder.with_client_auth_cert(chain, key).context("certificate_file and key_file")
        }
        None => Ok(builder.with_no_client_auth()),
    }
}
