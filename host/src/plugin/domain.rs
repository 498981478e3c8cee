//! The service domains, and for each of them the world that its plugins answer. Adding a domain is a case here,
//! a folder in `wit/` and a file in `grpc/`.

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre, Linker};

use super::contract::common::exports::patchbay::host::{about, operation};
use super::contract::compute::exports::patchbay::compute::{flavors, images, instances};
use super::contract::identity::exports::patchbay::identity::tenants;
use super::contract::nas::exports::patchbay::nas::shares;
use super::contract::network::exports::patchbay::network::{routers, security_groups, vpcs};
use super::contract::oss::exports::patchbay::oss::buckets;
use super::contract::storage::exports::patchbay::storage::disks;
use super::generation::Generation;
use super::state::CallState;
use crate::capability;

/// What a plugin serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Domain {
    /// Tenants in the cloud.
    Identity,
    /// Flavors, images, instances.
    Compute,
    /// Disks.
    Storage,
    /// VPCs, security groups, routers.
    Network,
    /// Shares.
    Nas,
    /// Object storage.
    Oss,
}

impl Domain {
    /// Every one of them.
    pub const ALL: [Self; 6] =
        [Self::Identity, Self::Compute, Self::Storage, Self::Network, Self::Nas, Self::Oss];

    /// The word for it in configuration, logs and metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Compute => "compute",
            Self::Storage => "storage",
            Self::Network => "network",
            Self::Nas => "nas",
            Self::Oss => "oss",
        }
    }

    /// The domain of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|domain| domain.word() == word)
    }

    /// Whether an id is one region's alone. Accounts and buckets of object storage are called the same in each, and the
    /// requests about them name the region.
    #[must_use]
    pub fn ids_tell_regions(self) -> bool {
        self != Self::Oss
    }

    /// Lends a linker what plugins of this domain may import.
    pub(super) fn link(self, linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
        capability::link(linker)?;
        match self {
            Self::Compute => capability::link_storage(linker),
            Self::Identity | Self::Storage | Self::Network | Self::Nas | Self::Oss => Ok(()),
        }
    }

    /// Finds the interfaces of the domain's world in a linked component.
    ///
    /// # Errors
    /// Names the export that is missing.
    pub(super) fn exports(self, linked: &InstancePre<CallState>) -> wasmtime::Result<Exports> {
        let world = match self {
            Self::Identity => World::Identity { tenants: tenants::GuestIndices::new(linked)? },
            Self::Compute => World::Compute {
                flavors: flavors::GuestIndices::new(linked)?,
                images: images::GuestIndices::new(linked)?,
                instances: instances::GuestIndices::new(linked)?,
            },
            Self::Storage => World::Storage { disks: disks::GuestIndices::new(linked)? },
            Self::Network => World::Network {
                vpcs: vpcs::GuestIndices::new(linked)?,
                security_groups: security_groups::GuestIndices::new(linked)?,
                routers: routers::GuestIndices::new(linked)?,
            },
            Self::Nas => World::Nas { shares: shares::GuestIndices::new(linked)? },
            Self::Oss => World::Oss { buckets: buckets::GuestIndices::new(linked)? },
        };
        let about = about::GuestIndices::new(linked)?;
        Ok(Exports { about, operation: operation::GuestIndices::new(linked)?, world })
    }
}

/// Where a component's interfaces are.
#[derive(Clone)]
pub(super) struct Exports {
    about: about::GuestIndices,
    operation: operation::GuestIndices,
    world: World,
}

#[derive(Clone)]
enum World {
    Identity {
        tenants: tenants::GuestIndices,
    },
    Compute {
        flavors: flavors::GuestIndices,
        images: images::GuestIndices,
        instances: instances::GuestIndices,
    },
    Storage {
        disks: disks::GuestIndices,
    },
    Network {
        vpcs: vpcs::GuestIndices,
        security_groups: security_groups::GuestIndices,
        routers: routers::GuestIndices,
    },
    Nas {
        shares: shares::GuestIndices,
    },
    Oss {
        buckets: buckets::GuestIndices,
    },
}

impl Exports {
    /// Checks the type of every function of the world.
    ///
    /// # Errors
    /// Names the function whose type is another.
    pub(super) fn check(&self, store: &mut Store<CallState>, instance: &Instance) -> wasmtime::Result<()> {
        self.about.load(&mut *store, instance)?;
        self.operation.load(&mut *store, instance)?;
        match &self.world {
            World::Identity { tenants } => tenants.load(store, instance).map(drop),
            World::Storage { disks } => disks.load(store, instance).map(drop),
            World::Nas { shares } => shares.load(store, instance).map(drop),
            World::Oss { buckets } => buckets.load(store, instance).map(drop),
            World::Compute { flavors, images, instances } => {
                flavors.load(&mut *store, instance)?;
                images.load(&mut *store, instance)?;
                instances.load(store, instance).map(drop)
            }
            World::Network { vpcs, security_groups, routers } => {
                vpcs.load(&mut *store, instance)?;
                security_groups.load(&mut *store, instance)?;
                routers.load(store, instance).map(drop)
            }
        }
    }
}

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
        generation: &Generation,
        store: &mut Store<CallState>,
        instance: &Instance,
    ) -> wasmtime::Result<Self::Guest>;
}

/// A service that a domain of its own answers.
pub trait Routed: Service {
    /// Which domain.
    const DOMAIN: Domain;
}

/// What every plugin answers, whatever its domain.
macro_rules! common {
    ($(#[$doc:meta])* $name:ident, $interface:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Service for $name {
            type Guest = $interface::Guest;

            fn load(
                generation: &Generation,
                store: &mut Store<CallState>,
                instance: &Instance,
            ) -> wasmtime::Result<Self::Guest> {
                generation.exports.$interface.load(store, instance)
            }
        }
    };
}

macro_rules! routed {
    ($(#[$doc:meta])* $name:ident, $domain:ident, $interface:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Routed for $name {
            const DOMAIN: Domain = Domain::$domain;
        }

        impl Service for $name {
            type Guest = $interface::Guest;

            fn load(
                generation: &Generation,
                store: &mut Store<CallState>,
                instance: &Instance,
            ) -> wasmtime::Result<Self::Guest> {
                match &generation.exports.world {
                    World::$domain { $interface, .. } => $interface.load(store, instance),
                    _ => wasmtime::bail!("the generation serves another domain"),
                }
            }
        }
    };
}

common!(
    /// Who a plugin is.
    About, about
);
common!(
    /// How its work that takes time goes on.
    Operation, operation
);
routed!(
    /// Tenants in the cloud.
    Tenants, Identity, tenants
);
routed!(
    /// Flavors.
    Flavors, Compute, flavors
);
routed!(
    /// Images.
    Images, Compute, images
);
routed!(
    /// Instances.
    Instances, Compute, instances
);
routed!(
    /// Disks.
    Disks, Storage, disks
);
routed!(
    /// VPCs.
    Vpcs, Network, vpcs
);
routed!(
    /// Security groups.
    SecurityGroups, Network, security_groups
);
routed!(
    /// Routers.
    Routers, Network, routers
);
routed!(
    /// Shares.
    Shares, Nas, shares
);
routed!(
    /// Accounts of object storage and their buckets.
    Buckets, Oss, buckets
);
