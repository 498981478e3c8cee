//! The storage domain's traits and types.

pub use crate::bindings::storage::exports::patchbay::storage::disks::{
    Attachment, Disk, Guest as Disks, Spec,
};

/// Makes a type a storage plugin. It implements [`crate::About`], [`crate::Operation`] and [`Disks`].
#[macro_export]
macro_rules! storage_plugin {
    ($plugin:ident) => {
        const _: fn() = || {
            fn implements<T: $crate::About + $crate::Operation + $crate::storage::Disks>() {}
            implements::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::common::export_common!($plugin with_types_in $crate::bindings::common);
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::storage::export_storage!($plugin with_types_in $crate::bindings::storage);
    };
}
