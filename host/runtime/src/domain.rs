//! What the plugins of each domain are lent and answer. A new domain is a line of `domains!`, a case of [`Domain`], a folder
//! in `wit/` with its line in `contract`, and a file of the gRPC server's.

use patchbay_core::Domain;
use wasmtime::AsContextMut;
use wasmtime::component::{ComponentExportIndex, Func, Instance, InstancePre};

use crate::contract::common::exports::patchbay::host::{about, operation};

/// The interface that every component exports, as a component calls it.
const ABOUT: &str = "patchbay:host/about@0.1.0";

/// An interface of the contract as a type, so that a call names what it calls and only that is looked up.
pub trait Service: Send + 'static {
    /// The interface's functions in an instance.
    type Guest: Send + Sync;

    /// Finds them.
    ///
    /// # Errors
    /// When the component's world has no such interface.
    #[doc(hidden)]
    fn load(
        exports: &Exports,
        store: impl AsContextMut,
        instance: &Instance,
    ) -> wasmtime::Result<Self::Guest>;
}

/// A service that a domain of its own answers.
pub trait Routed: Service {
    /// Which domain.
    const DOMAIN: Domain;
}

/// Where a component's interfaces are.
#[derive(Clone)]
pub struct Exports {
    describe: ComponentExportIndex,
    about: about::GuestIndices,
    operation: operation::GuestIndices,
    world: World,
}

/// What every plugin answers, whatever its domain.
macro_rules! common {
    ($($(#[$doc:meta])* $Service:ident: $interface:ident),+ $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $Service;

            impl Service for $Service {
                type Guest = $interface::Guest;

                fn load(
                    exports: &Exports,
                    store: impl AsContextMut,
                    instance: &Instance,
                ) -> wasmtime::Result<Self::Guest> {
                    exports.$interface.load(store, instance)
                }
            }
        )+
    };
}

/// One line a domain: its case of [`Domain`], its package in `wit/`, and its services with their interfaces.
macro_rules! domains {
    ($($Domain:ident, $package:ident { $($(#[$doc:meta])* $Service:ident: $interface:ident),+ $(,)? })+) => {
        $(use crate::contract::$package::exports::patchbay::$package::{$($interface),+};)+

        #[derive(Clone)]
        enum World {
            $($Domain { $($interface: $interface::GuestIndices),+ },)+
        }

        impl World {
            fn of<T: 'static>(domain: Domain, linked: &InstancePre<T>) -> wasmtime::Result<Self> {
                Ok(match domain {
                    $(Domain::$Domain => {
                        Self::$Domain { $($interface: $interface::GuestIndices::new(linked)?),+ }
                    })+
                })
            }

            fn check(&self, mut store: impl AsContextMut, instance: &Instance) -> wasmtime::Result<()> {
                match self {
                    $(Self::$Domain { $($interface),+ } => {
                        $($interface.load(&mut store, instance)?;)+
                    })+
                }
                Ok(())
            }
        }

        $($(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $Service;

            impl Routed for $Service {
                const DOMAIN: Domain = Domain::$Domain;
            }

            impl Service for $Service {
                type Guest = $interface::Guest;

                fn load(
                    exports: &Exports,
                    store: impl AsContextMut,
                    instance: &Instance,
                ) -> wasmtime::Result<Self::Guest> {
                    match &exports.world {
                        World::$Domain { $interface, .. } => $interface.load(store, instance),
                        _ => wasmtime::bail!("the generation serves another domain"),
                    }
                }
            }
        )+)+
    };
}

common! {
    /// Who a plugin is.
    About: about,
    /// How its work that takes time goes on.
    Operation: operation,
}

domains! {
    Identity, identity {
        /// Tenants in the cloud.
        Tenants: tenants,
    }
    Compute, compute {
        /// Flavors.
        Flavors: flavors,
        /// Images.
        Images: images,
        /// Instances.
        Instances: instances,
    }
    Storage, storage {
        /// Disks.
        Disks: disks,
    }
    Network, network {
        /// VPCs.
        Vpcs: vpcs,
        /// Security groups.
        SecurityGroups: security_groups,
        /// Routers.
        Routers: routers,
    }
    Nas, nas {
        /// Shares.
        Shares: shares,
    }
    Oss, oss {
        /// Accounts of object storage and their buckets.
        Buckets: buckets,
    }
}

impl Exports {
    /// Finds the interfaces of the domain's world in a linked component.
    ///
    /// # Errors
    /// Names the export that is missing.
    pub(crate) fn of<T: 'static>(domain: Domain, linked: &InstancePre<T>) -> wasmtime::Result<Self> {
        let world = World::of(domain, linked)?;
        let about = about::GuestIndices::new(linked)?;
        let describe = linked.component();
        let describe = describe
            .get_export_index(None, ABOUT)
            .and_then(|about| describe.get_export_index(Some(&about), "describe"))
            .ok_or_else(|| wasmtime::Error::msg("no export `describe` of `about`"))?;
        Ok(Self { describe, about, operation: operation::GuestIndices::new(linked)?, world })
    }

    /// A function that every component has, of an instance.
    ///
    /// # Errors
    /// It is no function.
    pub(crate) fn function(&self, store: impl AsContextMut, instance: &Instance) -> wasmtime::Result<Func> {
        let function = instance.get_func(store, self.describe);
        function.ok_or_else(|| wasmtime::Error::msg("`about.describe` is no function"))
    }

    /// Checks their types, which takes an instance.
    ///
    /// # Errors
    /// Names the export that has another type.
    pub(crate) fn check(&self, mut store: impl AsContextMut, instance: &Instance) -> wasmtime::Result<()> {
        self.about.load(&mut store, instance)?;
        self.operation.load(&mut store, instance)?;
        self.world.check(store, instance)
    }
}
