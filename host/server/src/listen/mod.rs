//! Connections as they arrive at a port: how many there may be at once, which of them makes room for a new one, and what
//! happens when the system has no descriptor left. What is spoken on them is not known here.

mod address;
mod place;
mod presence;

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
use self::place::{Places, leaving_max};
pub(crate) use self::presence::InFlight;

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

impl Bounds {
    /// As many as half of the process's descriptors, and the same part of them from one address, where that is fewer: the
    /// rest is for backends, the database and the other port. Those on their way out have descriptors too.
    fn within(self, descriptors: Option<usize>) -> Self {
        let Self { connections_max, per_address_max } = self;
        let half = descriptors.map_or(usize::MAX, |limit| limit / 2);
        let fits = |staying: usize| staying.saturating_add(leaving_max(staying)) <= half;
        if fits(connections_max) {
            return self;
        }
        // The most that still fits: eight ninths, as long as one in eight may be leaving.
        let room = (half - half.div_ceil(9).min(half)).max(1);
        // Of numbers that are both below 2^32 where they are sizes of anything.
        let part = per_address_max.saturating_mul(room) / connections_max;
        Self { connections_max: room, per_address_max: part.max(1) }
    }
}

/// A port whose connections have places.
pub(crate) struct Listener {
    tcp: TcpListener,
    places: Places,
    /// As the configuration calls it.
    name: &'static str,
    metrics: Arc<Metrics>,
    /// The system gave none.
    starved: Told,
    /// One was refused.
    refused: Told,
}

/// When the log last told of something.
#[derive(Default)]
struct Told(Option<Instant>);

impl Told {
    /// Whether it should be told again.
    fn is_due(&mut self) -> bool {
        let due = self.0.is_none_or(|told| told.elapsed() > TOLD_EVERY);
        if due {
            self.0 = Some(Instant::now());
        }
        due
    }
}

impl Listener {
    /// With so many places, or with as many as there are descriptors for.
    pub(crate) fn new(tcp: TcpListener, name: &'static str, bounds: Bounds, metrics: Arc<Metrics>) -> Self {
        let within = bounds.within(descriptors());
        if within.connections_max < bounds.connections_max {
            tracing::warn!(
                "{name}.connections_max is {}, but with this limit of open files there is room for {}, of which one address \
                 may have {}",
                bounds.connections_max,
                within.connections_max,
                within.per_address_max
            );
        }
        let places = Places::new(within);
        Self { tcp, places, name, metrics, starved: Told::default(), refused: Told::default() }
    }

    /// The next connection that has a place. Nothing that goes wrong with one of them ends the port, and none waits for
    /// another one.
    pub(crate) async fn accept(&mut self) -> (TcpStream, SocketAddr, Place) {
        loop {
            match self.tcp.accept().await {
                Ok((connection, peer)) => {
                    if let Err(error) = connection.set_nodelay(true) {
                        tracing::debug!("TCP_NODELAY: {error}");
                    }
                    match self.places.take(counted(peer.ip())) {
                        Some(place) => return (connection, peer, place),
                        None => self.refuse(peer),
                    }
                }
                Err(error) if is_the_connections(&error) => {}
                Err(error) => self.wait(&error).await,
            }
        }
    }

    /// Something goes on on all connections that there may be, or on all that its address may have.
    fn refuse(&mut self, peer: SocketAddr) {
        self.metrics.refused("connections");
        if self.refused.is_due() {
            let port = self.name;
            tracing::warn!(
                port, %peer,
                "a connection was refused: all are in use, or all of its address ({port}.connections_max, \
                 {port}.connections_per_address_max); patchbay_refusals_total counts them"
            );
        }
    }

    /// The system has no descriptor or no memory for a connection: one that is not used gives its own back.
    async fn wait(&mut self, error: &io::Error) {
        if self.starved.is_due() {
            tracing::warn!(port = self.name, %error, "no connection can be accepted now; trying on");
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
