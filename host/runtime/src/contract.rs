//! The plugin contract in `wit/`, as wasmtime's bindings. Types that several worlds share are generated once,
//! in `common`; no behaviour lives here.
#![allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]

/// What every plugin is given and answers.
pub mod common {
    wasmtime::component::bindgen!({
        path: ["../../wit/host"],
        world: "patchbay:host/common",
        exports: { default: async },
    });
}

/// A domain's bindings, on the types of [`common`].
macro_rules! domain {
    ($world:literal, [$($path:literal),*]) => {
        wasmtime::component::bindgen!({
            path: [$($path),*],
            world: $world,
            exports: { default: async },
            with: {
                "patchbay:host/types": crate::contract::common::patchbay::host::types,
                "patchbay:host/upstream": crate::contract::common::patchbay::host::upstream,
                "patchbay:host/cache": crate::contract::common::patchbay::host::cache,
                "patchbay:host/settings": crate::contract::common::patchbay::host::settings,
                "patchbay:host/log": crate::contract::common::patchbay::host::log,
                "patchbay:host/clock": crate::contract::common::patchbay::host::clock,
            },
        });
    };
}

/// Tenants.
pub mod identity {
    domain!("patchbay:identity/plugin", ["../../wit/host", "../../wit/identity"]);
}

/// Disks.
pub mod storage {
    domain!("patchbay:storage/plugin", ["../../wit/host", "../../wit/storage"]);
}

/// Flavors, images and instances; imports disks.
pub mod compute {
    domain!("patchbay:compute/plugin", ["../../wit/host", "../../wit/storage", "../../wit/compute"]);
}

/// VPCs, security groups and routers.
pub mod network {
    domain!("patchbay:network/plugin", ["../../wit/host", "../../wit/network"]);
}

/// Shares.
pub mod nas {
    domain!("patchbay:nas/plugin", ["../../wit/host", "../../wit/nas"]);
}

/// Object storage.
pub mod oss {
    domain!("patchbay:oss/plugin", ["../../wit/host", "../../wit/oss"]);
}

pub use common::patchbay::host::types;
