//! The ports: the platform's gRPC API and the operator's HTTP port, with the configuration and the start of it all.
//!
//! May use: every other crate of the host but the command line. Must never live here: what a domain's backend is asked, what
//! is kept in a table, which component answers. [`Host::start`] reads as a table of contents.
#![forbid(unsafe_code)]

mod audit;
pub mod config;
pub mod grpc;
mod held;
mod host;
pub mod http;
mod listen;
mod operators;
pub mod tls;

pub use self::config::Config;
pub use self::host::Host;
