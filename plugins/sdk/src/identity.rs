//! The identity domain's traits and types.

pub use crate::bindings::identity::exports::patchbay::identity::tenants::{
    Account, Found, Guest as Tenants, Spec,
};

/// Makes a type an identity plugin. It implements [`crate::About`], [`crate::Operation`] and [`Tenants`].
#[macro_export]
macro_rules! identity_plugin {
    ($plugin:ident) => {
        const _: fn() = || {
            fn implements<T: $crate::About + $crate::Operation + $crate::identity::Tenants>() {}
            implements::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::common::export_common!($plugin with_types_in $crate::bindings::common);
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::identity::export_identity!($plugin with_types_in $crate::bindings::identity);
    };
}
