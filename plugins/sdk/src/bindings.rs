//! Generated from `wit/`: what every plugin has in common once, then one module a domain on top of it.
//! Nothing is written by hand here; what authors import is named in the module of each domain, as
//! [`crate::compute`].
#![allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::needless_pass_by_value)]

/// What the host lends every plugin, and what every plugin answers.
pub mod common {
    wit_bindgen::generate!({
        path: ["../../wit/host"],
        world: "patchbay:host/common",
        generate_all,
        generate_unused_types: true,
        additional_derives: [PartialEq, Eq, Clone],
        export_macro_name: "export_common",
        pub_export_macro: true,
        default_bindings_module: "patchbay_sdk::bindings::common",
    });
}

/// The interfaces that a domain adds to the common ones. A component's world is the union of both; the
/// common ones are left out here because generated macros share one namespace.
macro_rules! domain {
    ($module:ident, $inline:literal, $export:literal, $bindings:literal, [$($path:literal),+]) => {
        pub mod $module {
            wit_bindgen::generate!({
                path: [$($path),+],
                inline: $inline,
                with: {
                    "patchbay:host/types@0.1.0": crate::bindings::common::patchbay::host::types,
                },
                generate_all,
                additional_derives: [PartialEq, Eq, Clone],
                export_macro_name: $export,
                pub_export_macro: true,
                default_bindings_module: $bindings,
            });
        }
    };
}

domain!(
    identity,
    "package patchbay:sdk; world identity { export patchbay:identity/tenants@0.1.0; }",
    "export_identity",
    "patchbay_sdk::bindings::identity",
    ["../../wit/host", "../../wit/identity"]
);

domain!(
    storage,
    "package patchbay:sdk; world storage { export patchbay:storage/disks@0.1.0; }",
    "export_storage",
    "patchbay_sdk::bindings::storage",
    ["../../wit/host", "../../wit/storage"]
);

domain!(
    compute,
    "package patchbay:sdk; world compute {
        import patchbay:storage/disks@0.1.0;
        export patchbay:compute/flavors@0.1.0;
        export patchbay:compute/images@0.1.0;
        export patchbay:compute/instances@0.1.0;
    }",
    "export_compute",
    "patchbay_sdk::bindings::compute",
    ["../../wit/host", "../../wit/storage", "../../wit/compute"]
);

domain!(
    nas,
    "package patchbay:sdk; world nas { export patchbay:nas/shares@0.1.0; }",
    "export_nas",
    "patchbay_sdk::bindings::nas",
    ["../../wit/host", "../../wit/nas"]
);

domain!(
    network,
    "package patchbay:sdk; world network {
        export patchbay:network/vpcs@0.1.0;
        export patchbay:network/security-groups@0.1.0;
        export patchbay:network/routers@0.1.0;
    }",
    "export_network",
    "patchbay_sdk::bindings::network",
    ["../../wit/host", "../../wit/network"]
);

domain!(
    oss,
    "package patchbay:sdk; world oss { export patchbay:oss/buckets@0.1.0; }",
    "export_oss",
    "patchbay_sdk::bindings::oss",
    ["../../wit/host", "../../wit/oss"]
);
