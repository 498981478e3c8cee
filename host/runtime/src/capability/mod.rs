//! What a plugin may use, one file each. Nothing else of the host or the machine reaches a component.

mod cache;
mod change;
mod clock;
mod log;
mod settings;
mod storage;
mod upstream;
mod wait;

use patchbay_core::Domain;
use wasmtime::component::{HasSelf, Linker};

use crate::contract::{common, compute, types};
use crate::state::CallState;

impl types::Host for CallState {}

/// Lends a linker what plugins of the domain may import.
pub(crate) fn link(domain: Domain, linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    common::Common::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)?;
    match domain {
        // The disks of the storage plugin.
        Domain::Compute => {
            compute::patchbay::storage::disks::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)
        }
        Domain::Identity | Domain::Storage | Domain::Network | Domain::Nas | Domain::Oss => Ok(()),
    }
}
