//! The network domain's traits and types.

pub use crate::bindings::network::exports::patchbay::network::routers::{
    Guest as Routers, Route, Router, Spec as RouterSpec, Subnet,
};
pub use crate::bindings::network::exports::patchbay::network::security_groups::{
    Group, Guest as SecurityGroups, PortRange, Rule, RuleSpec, Spec as GroupSpec,
};
pub use crate::bindings::network::exports::patchbay::network::vpcs::{Guest as Vpcs, Spec as VpcSpec, Vpc};

/// Makes a type a network plugin. It implements [`crate::About`], [`crate::Operation`], [`Vpcs`],
/// [`SecurityGroups`] and [`Routers`].
#[macro_export]
macro_rules! network_plugin {
    ($plugin:ident) => {
        const _: fn() = || {
            fn implements<T: $crate::About + $crate::Operation + $crate::network::Vpcs + $crate::network::SecurityGroups + $crate::network::Routers>() {}
            implements::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::common::export_common!($plugin with_types_in $crate::bindings::common);
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::network::export_network!($plugin with_types_in $crate::bindings::network);
    };
}
