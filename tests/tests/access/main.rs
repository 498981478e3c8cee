//! Who may call: keys, the operator's token, the platform's word on its users, for every RPC of the contract; and that no tenant
//! gets what another one, of whatever installation, has in the cloud.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod adoption;
mod audit;
mod contract;
mod installation;
mod key;
mod noise;
mod operator;
mod permission;
mod platform;
mod role;
mod service;
