//! The operator's commands, which speak to a running host: any RPC, plugins, the journal, tenants.
//!
//! - `call`: `patchbay call`, any RPC by the host's own reflection
//! - `operator`: `patchbay plugin`, `patchbay journal` and `patchbay tenant`, and what they print
//! - `tls`: whom a command trusts, and as whom it appears
//! - `client`: the host's address, the operator's credential, and what a refusal reads like
//!
//! May use: the wire contract with its clients, and ids and text of `patchbay-core`. Must never live here: anything of the host
//! itself. Where a command needs that without a host, as `plugin inspect FILE` does, the binary hands it in.
#![forbid(unsafe_code)]

pub mod call;
mod client;
pub mod operator;
mod tls;
