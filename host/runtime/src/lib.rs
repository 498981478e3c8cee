//! Components at work: the engine, one call of one component, and what is lent to it.
//!
//! May use: what a call needs, which is upstreams, the journal, metrics and the caller's permit. Must never live here: which
//! component answers whom (`patchbay-rollout`), and what a request of the platform means (`patchbay-server`).
#![forbid(unsafe_code)]

mod activity;
mod again;
mod background;
mod body;
mod cache;
mod call;
mod capability;
mod compile;
mod component_file;
mod concurrency;
mod config;
mod context;
pub mod contract;
mod debt;
mod domain;
mod engine;
mod generation;
mod grant;
mod inspect;
mod logged;
mod pending;
mod probe;
mod purpose;
mod queue;
mod resources;
mod runtime;
mod share;
mod state;
mod stretch;
mod turns;
mod usage;
mod warm;

pub use wasmtime::component::Accessor;

pub use self::activity::Outcomes;
pub use self::body::{Answer, Body};
pub use self::call::{Call, call, call_resolved};
pub use self::compile::{Compiler, Uncompiled, compile_input};
pub use self::component_file::ComponentFile;
pub use self::config::{Config, Limits};
pub use self::context::CallContext;
pub use self::domain::{
    About, Buckets, Disks, Flavors, Images, Instances, Operation, Routed, Routers, SecurityGroups, Service,
    Shares, Tenants, Vpcs,
};
pub use self::generation::{Generation, OperationGuard};
pub use self::grant::{Grant, Granted};
pub use self::inspect::Inspection;
pub use self::probe::{Unfit, check, draft};
pub use self::purpose::Placeholder;
pub use self::runtime::{Resolve, Runtime};
pub use self::state::CallState;
pub use self::warm::{InstancesConfig, Reuse, ReuseLimits};
