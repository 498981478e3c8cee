//! What a plugin may use, one file each. Nothing else of the host or the machine reaches a component.

mod cache;
mod change;
mod clock;
mod log;
mod pending;
mod settings;
mod storage;
mod upstream;
mod wait;

use wasmtime::component::{HasSelf, Linker};

pub(crate) use self::cache::{Bounds as CacheBounds, Cache};
pub(crate) use self::log::Logged;
pub(crate) use self::pending::Pending;
use crate::CallState;
use crate::contract::{common, compute, types};

impl types::Host for CallState {}

/// Lends what every plugin is given.
pub(crate) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    common::Common::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)
}

/// Lends the active storage plugin's disks, for compute plugins.
pub(crate) fn link_storage(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    compute::patchbay::storage::disks::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)
}
