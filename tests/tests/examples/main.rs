//! What is in `examples/`: the clients, each run as a process against a host, and the configurations.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod client;
mod config;
