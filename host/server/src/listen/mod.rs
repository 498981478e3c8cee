//! Connections as they arrive at a port: how many there may be at once, which of them makes room for a new one, and what
//! happens when the system has no descriptor left. What is spoken on them is not known here.

mod address;
mod place;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use patchbay_telemetry::Metrics;
use rustix::process::{Resource, getrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

pub(crate) use self::address::counted;
pub(crate) use self::place::Place;
use self::place::Places;

/// How long nothing is accepted after the system could not give a connection.
const PAUSE: Duration = Duration::from_millis(100);
/// How many connections give their descriptors back then, so that backends and the other port find some too.
const RELEASED: usize = 16;
/// How often the log tells of it.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// How many connections a port has at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// In all.
    pub(crate) connections_max: usize,
    /// From one address.
    pub(crate) per_address_max: usize,
}

/// A port whose connections have places.
pub(crate) struct Listener {
    tcp: TcpListener,
    places: Places,
    /// As the configuration calls it.
    name: &'static str,
    metrics: Arc<Metrics>,
    /// When the log last told that the system gave none.
    told: Option<Instant>,
}

impl Listener {
    /// With so many places, or with as many as half of the process's descriptors where those are fewer: the rest is for
    /// backends, the database and the other port.
    pub(crate) fn new(tcp: TcpListener, name: &'static str, bounds: Bounds, metrics: Arc<Metrics>) -> Self {
        let Bounds { connections_max, per_address_max } = bounds;
        let room = descriptors().map_or(usize::MAX, |limit| (limit / 2).max(1));
        if room < connections_max {
            tracing::warn!(
                "{name}.connections_max is {connections_max}, but with this limit of open files there is room for {room}"
            );
        }
        let places = Places::new(connections_max.min(room), per_address_max);
        Self { tcp, places, name, metrics, told: None }
    }

    /// The next connection, as soon as it has a place. Nothing that goes wrong with one of them ends the port.
    pub(crate) async fn accept(&mut self) -> (TcpStream, SocketAddr, Place) {
        loop {
            match self.tcp.accept().await {
                Ok((connection, peer)) => {
                    if let Err(error) = connection.set_nodelay(true) {
                        tracing::debug!("TCP_NODELAY: {error}");
                    }
                    match self.places.take(counted(peer.ip())).await {
                        Some(place) => return (connection, peer, place),
                        None => self.refuse(peer),
                    }
                }
                Err(error) if is_the_connections(&error) => {}
                Err(error) => self.wait(&error).await,
            }
        }
    }

    /// Its address has all the connections that it may have, and uses them.
    fn refuse(&self, peer: SocketAddr) {
        self.metrics.refused("connections");
        tracing::debug!(port = self.name, %peer, "the address has too many connections in use");
    }

    /// The system has no descriptor or no memory for a connection: one that is not used gives its own back.
    async fn wait(&mut self, error: &io::Error) {
        if self.told.is_none_or(|told| told.elapsed() > TOLD_EVERY) {
            tracing::warn!(port = self.name, %error, "no connection can be accepted now; trying on");
            self.told = Some(Instant::now());
        }
        (0..RELEASED).for_each(|_| self.places.make_room());
        tokio::time::sleep(PAUSE).await;
    }
}

/// How many files and sockets the process may have open; `None`: as many as it likes.
fn descriptors() -> Option<usize> {
    getrlimit(Resource::Nofile).current.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// It was gone before it was accepted.
fn is_the_connections(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests;
