//! What the author of a Patchbay plugin imports: the traits of a domain, and what the host lends, as
//! plain Rust. A plugin is a struct, the domain's traits on it, and one macro line:
//!
//! ```text
//! struct Cinder;
//! impl patchbay_sdk::About for Cinder { … }
//! impl patchbay_sdk::Operation for Cinder { … }
//! impl patchbay_sdk::storage::Disks for Cinder { … }
//! patchbay_sdk::storage_plugin!(Cinder);
//! ```
//!
//! Everything compiles natively too, so that `cargo test` of a plugin needs no wasm; only the calls into
//! the host end there. What one backend alone needs belongs into its plugin.

#[doc(hidden)]
pub mod bindings;
pub mod cache;
pub mod compute;
pub mod error;
pub mod field;
#[cfg(target_arch = "wasm32")]
mod heap;
pub mod identity;
pub mod log;
pub mod mark;
pub mod nas;
pub mod network;
pub mod openstack;
pub mod oss;
pub mod reason;
pub mod s3;
pub mod settings;
#[cfg(any(test, target_arch = "wasm32"))]
mod small;
pub mod stale;
pub mod storage;
pub mod ticket;
pub mod upstream;

pub use bindings::common::exports::patchbay::host::about::{Description, Guest as About};
pub use bindings::common::exports::patchbay::host::operation::{
    Finished, Guest as Operation, Pending, Progress,
};
pub use bindings::common::patchbay::host::clock;
pub use bindings::common::patchbay::host::types::{Begun, Context, Error, Page};
pub use futures::future::{join, join_all, join4};
