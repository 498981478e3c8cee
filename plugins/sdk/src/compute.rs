//! The compute domain's traits and types, and the storage interface that the host lends to it.

pub use crate::bindings::compute::exports::patchbay::compute::flavors::{Flavor, Guest as Flavors};
pub use crate::bindings::compute::exports::patchbay::compute::images::{Guest as Images, Image};
pub use crate::bindings::compute::exports::patchbay::compute::instances::{
    DiskSpec, Guest as Instances, Instance, Spec,
};
pub use crate::bindings::compute::patchbay::storage::disks;

/// Makes a type a compute plugin. It implements [`crate::About`], [`crate::Operation`], [`Flavors`],
/// [`Images`] and [`Instances`].
#[macro_export]
macro_rules! compute_plugin {
    ($plugin:ident) => {
        const _: fn() = || {
            fn implements<T: $crate::About + $crate::Operation + $crate::compute::Flavors + $crate::compute::Images + $crate::compute::Instances>() {}
            implements::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::common::export_common!($plugin with_types_in $crate::bindings::common);
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::compute::export_compute!($plugin with_types_in $crate::bindings::compute);
    };
}
