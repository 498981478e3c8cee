//! What the end-to-end tests stand on: whole deployments, a cloud behind each, tenants in it.
//!
//! What is tested is in `tests/tests`, a directory a subject.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test a panic is the report")]

pub mod admin;
pub mod array;
mod backup;
mod builder;
pub mod change;
pub mod cloud;
pub mod command;
pub mod component;
pub mod configuration;
pub mod contract;
pub mod creation;
pub mod deployment;
mod foreign;
pub mod full;
pub mod gateway;
pub mod matrix;
pub mod measured;
pub mod metrics;
pub mod operation;
pub mod operators;
pub mod pki;
pub mod postgres;
pub mod process;
pub mod raw;
mod removal;
pub mod scene;
pub mod tenant;
pub mod tls_proxy;
pub mod wait;

pub use cloud::Cloud;
pub use deployment::Deployment;
pub use scene::Scene;
pub use tenant::Tenant;
pub use wait::wait_for;
