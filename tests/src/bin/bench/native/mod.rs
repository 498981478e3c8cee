//! The native handler: the same three RPCs in plain Rust, as one would write them to be fast and nothing else. It
//! does the host's backend calls, but knows one tenant, keeps one token, and repeats, counts and limits nothing.

mod backend;
mod handler;

use std::io::Write as _;

use anyhow::Result;
use patchbay_proto::flavor::flavor_service_server::FlavorServiceServer;
use patchbay_proto::instance::instance_service_server::InstanceServiceServer;
use patchbay_tests::measured::cloud::Session;
use patchbay_tests::measured::process::{Process, Says, echo};
use patchbay_tests::measured::scene::Scene;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use self::handler::Handler;

/// Whom it serves and whom it calls.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The only tenant.
    #[arg(long)]
    tenant_id: String,
    /// Its api key.
    #[arg(long, env = "NATIVE_APIKEY")]
    apikey: String,
    /// A token for its project.
    #[arg(long, env = "NATIVE_TOKEN")]
    token: String,
    /// Nova's address.
    #[arg(long)]
    compute: String,
    /// Cinder's address, with the project.
    #[arg(long)]
    volume: String,
}

/// Serves until SIGTERM; prints `ready ADDRESS` once it does.
pub(crate) async fn serve(arguments: Arguments) -> Result<()> {
    let handler = Handler::new(arguments)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut terminate = signal(SignalKind::terminate())?;
    writeln!(std::io::stdout(), "ready {}", listener.local_addr()?)?;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Server::builder()
        .add_service(FlavorServiceServer::new(handler.clone()))
        .add_service(InstanceServiceServer::new(handler))
        .serve_with_incoming_shutdown(incoming, async move { _ = terminate.recv().await })
        .await?;
    Ok(())
}

/// A running native handler.
pub(crate) struct Native {
    pub(crate) process: Process,
    pub(crate) address: String,
}

impl Native {
    pub(crate) async fn start(scene: &Scene, member: &Session) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["native", "--tenant-id", &scene.tenant.id])
            .args(["--compute", &member.endpoint("compute")?])
            .args(["--volume", &member.endpoint("block-storage")?])
            .env("NATIVE_APIKEY", &scene.tenant.apikey)
            .env("NATIVE_TOKEN", &member.token);
        let ready = |line: &str| line.strip_prefix("ready ").map(|address| format!("http://{address}"));
        let (process, address) =
            Process::start("the native handler", &mut command, Says::Stdout, ready, echo).await?;
        Ok(Self { process, address })
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.process.stop().await
    }
}
