//! The operator's commands, which speak to a running host: any RPC, plugins, the journal, tenants.
//!
//! May use: the wire contract and its client. Must never live here: anything of the host itself.
#![forbid(unsafe_code)]

pub mod call;
mod client;
pub mod operator;
