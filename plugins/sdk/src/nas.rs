//! The NAS domain's traits and types, and what every backend of shares has to ask Neutron.

pub mod client;
pub mod network;

pub use crate::bindings::nas::exports::patchbay::nas::shares::{Clients, Guest as Shares, Share, Spec};

/// Makes a type a NAS plugin. It implements [`crate::About`], [`crate::Operation`] and [`Shares`].
#[macro_export]
macro_rules! nas_plugin {
    ($plugin:ident) => {
        const _: fn() = || {
            fn implements<T: $crate::About + $crate::Operation + $crate::nas::Shares>() {}
            implements::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::common::export_common!($plugin with_types_in $crate::bindings::common);
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::nas::export_nas!($plugin with_types_in $crate::bindings::nas);
    };
}
