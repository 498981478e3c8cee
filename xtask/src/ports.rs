//! Where the host and the simulated cloud of `cargo xtask up` are reached: fixed ports of this machine alone. What listens on
//! them is started in `up`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where the host serves gRPC.
pub(crate) const GRPC: SocketAddr = loopback(7000);
/// Where the host serves `/healthz` and `/metrics`.
pub(crate) const HTTP: SocketAddr = loopback(7001);
/// Where the simulated cloud is.
pub(crate) const SIMULATOR: SocketAddr = loopback(7002);
/// Where the simulated object gateways are.
pub(crate) const GATEWAYS: [SocketAddr; 2] = [loopback(7003), loopback(7004)];

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}
