//! Patchbay, the IaaS API host.
#![forbid(unsafe_code)]

pub mod error;
pub mod secret;
pub mod telemetry;
