//! The `cloudsim` command: a cloud on one port until it is interrupted.

#![forbid(unsafe_code)]

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;

use clap::Parser;
use cloudsim::{Cloudsim, Options};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Serves a simulated OpenStack; prints `ready URL` once it answers.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 is any free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
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
    let Arguments { listen, token_lifetime_s, instant } = Arguments::parse();
    let mut options = Options { listen, token_lifetime_s, ..Options::default() };
    if instant {
        options.timing = cloudsim::Timing::instant();
    }
    let cloud = Cloudsim::start(options).await?;
    writeln!(std::io::stdout(), "ready {}", cloud.url())?;
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
