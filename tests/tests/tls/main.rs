//! TLS of both ports, over the real socket: with this project's own client, with Python's gRPC and with OpenSSL, which are
//! other implementations; certificates that change while the host runs; and what `check-config` says of them.
#![allow(clippy::unwrap_used, missing_docs)]

mod backend;
mod bound;
mod client;
mod command;
mod database;
mod foreign;
mod operator;
mod reload;
mod start;

use std::path::{Path, PathBuf};

use patchbay_tests::Deployment;
use patchbay_tests::pki::{Authority, put};
use tempfile::TempDir;
use tonic::Status;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// Where a test's host is.
const ADDRESS: &str = "127.0.0.1";

/// Certificates in a directory, and whoever issued them.
struct Pki {
    directory: TempDir,
    authority: Authority,
}

impl Pki {
    /// With a good certificate in `host.pem` and `host.key`, and the authority in `ca.pem`.
    fn new() -> Self {
        let pki = Self { directory: TempDir::new().unwrap(), authority: Authority::new("patchbay test") };
        put(&pki.file("ca.pem"), pki.authority.pem());
        pki.authority.issue(ADDRESS).write(pki.path(), "host");
        pki
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The table `[PORT.tls]` with these files.
    fn table(&self, port: &str) -> String {
        let (certificate, key) = (self.file("host.pem"), self.file("host.key"));
        format!("[{port}.tls]\ncertificate_file = {certificate:?}\nkey_file = {key:?}\n")
    }

    /// The same, with clients that show a certificate of the same authority.
    fn table_asking(&self, port: &str, client_auth: &str) -> String {
        let ca = self.file("ca.pem");
        format!("{}client_ca_file = {ca:?}\nclient_auth = {client_auth:?}\n", self.table(port))
    }

    /// What a client begins with that trusts the authority.
    fn trusting(&self) -> ClientTlsConfig {
        trusting(&self.authority)
    }
}

fn trusting(authority: &Authority) -> ClientTlsConfig {
    ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem()))
}

async fn deployment(table: &str) -> Deployment {
    Deployment::builder().toml("plugin.settle_ms = 50").toml(table).start().await
}

/// `127.0.0.1:PORT` of an address with a scheme.
fn bare(url: &str) -> &str {
    url.split_once("://").unwrap().1
}

fn channel(deployment: &Deployment, tls: ClientTlsConfig) -> Channel {
    let url = format!("https://{}", bare(&deployment.endpoint()));
    Endpoint::from_shared(url).unwrap().tls_config(tls).unwrap().connect_lazy()
}

/// One call, on a connection of its own.
async fn call(deployment: &Deployment, tls: ClientTlsConfig) -> Result<(), Status> {
    let mut health = HealthClient::new(channel(deployment, tls));
    health.check(HealthCheckRequest::default()).await.map(|_| ())
}
