//! The `cloudsim` command: a cloud on one port, and its object gateways on theirs, until it is interrupted.

#![forbid(unsafe_code)]

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;

use clap::Parser;
use cloudsim::{Cloudsim, Options};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Serves a simulated OpenStack; prints `gateway REGION URL` for each gateway and then `ready URL` once they answer.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 is any free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where the object gateways listen, first `region-1`, then `region-2`; absent is any free port.
    #[arg(long, value_name = "ADDRESS")]
    gateway: Vec<SocketAddr>,
    /// Seconds that a token lives.
    #[arg(long, default_value_t = Options::default().token_lifetime_s)]
    token_lifetime_s: u64,
    /// Nothing takes time: what is made is ready at the next look.
    #[arg(long)]
    instant: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let coloured = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.with_ansi(coloured).init();
    let Arguments { listen, gateway, token_lifetime_s, instant } = Arguments::parse();
    let mut options = Options { listen, token_lifetime_s, ..Options::default() };
    anyhow::ensure!(gateway.len() <= options.gateways.len(), "there are two gateways");
    for (place, address) in options.gateways.iter_mut().zip(gateway) {
        *place = address;
    }
    if instant {
        options.timing = cloudsim::Timing::instant();
    }
    let cloud = Cloudsim::start(options).await?;
    let mut output = std::io::stdout();
    for gateway in cloud.gateways() {
        writeln!(output, "gateway {} {}", gateway.region, gateway.endpoint)?;
    }
    writeln!(output, "ready {}", cloud.url())?;
    interrupted().await?;
    cloud.stop().await;
    Ok(())
}

async fn interrupted() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupt = tokio::signal::ctrl_c() => interrupt,
        _ = terminate.recv() => Ok(()),
    }
}
