//! Who may call: keys, the operator's token, the platform's word on its users, for every RPC of the contract.
#![allow(clippy::unwrap_used, missing_docs)]

mod contract;
mod key;
mod operator;
mod permission;
mod platform;
mod service;
