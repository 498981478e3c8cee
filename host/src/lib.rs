//! Patchbay, the IaaS API host.
#![forbid(unsafe_code)]

pub mod auth;
pub mod database;
pub mod error;
pub mod operation;
pub mod proto;
pub mod secret;
pub mod telemetry;
pub mod tenant;
pub mod upstream;
