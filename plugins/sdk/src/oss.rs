//! The object storage domain's traits and types.

pub use crate::bindings::oss::exports::patchbay::oss::buckets::{
    Account, Bucket, Guest as Buckets, Holding, Key, Quota, Spec,
};

/// Makes a type an object storage plugin. It implements [`crate::About`], [`crate::Operation`] and [`Buckets`].
#[macro_export]
macro_rules! oss_plugin {
    ($plugin:ident) => {
        const _: fn() = || {
            fn implements<T: $crate::About + $crate::Operation + $crate::oss::Buckets>() {}
            implements::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::common::export_common!($plugin with_types_in $crate::bindings::common);
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::oss::export_oss!($plugin with_types_in $crate::bindings::oss);
    };
}
