//! The services: their names, where they are, and who answers a call. What they answer is in a file each.

use serde::{Deserialize, Serialize};

use crate::call::{Answer, Call};
use crate::world::World;
use crate::{cinder, glance, keystone, manila, neutron, nova, ontap, rgw};

/// One of the simulated APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// Keystone, under `/identity`.
    Identity,
    /// Nova, under `/compute`.
    Compute,
    /// Glance, under `/image`.
    Image,
    /// Cinder, under `/volume`.
    Volume,
    /// Neutron, under `/network`.
    Network,
    /// Manila, under `/share`.
    Share,
    /// NetApp ONTAP, under `/ontap`: a storage array beside the cloud.
    Ontap,
    /// The object gateway of `region-1`, at an address of its own.
    Rgw1,
    /// The object gateway of `region-2`, at an address of its own.
    Rgw2,
}

impl Service {
    /// Every service of the one port, in the order of the catalogue.
    pub const ALL: [Self; 7] =
        [Self::Identity, Self::Compute, Self::Image, Self::Volume, Self::Network, Self::Share, Self::Ontap];

    /// The first part of its paths; a gateway is no part of it.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Compute => "compute",
            Self::Image => "image",
            Self::Volume => "volume",
            Self::Network => "network",
            Self::Share => "share",
            Self::Ontap => "ontap",
            Self::Rgw1 => "rgw1",
            Self::Rgw2 => "rgw2",
        }
    }

    /// What stands between the prefix and the path of a resource in the catalogue's URL; `{project}` is replaced.
    pub(crate) fn version_path(self) -> &'static str {
        match self {
            Self::Identity => "/v3",
            Self::Compute => "/v2.1",
            Self::Image | Self::Network | Self::Ontap | Self::Rgw1 | Self::Rgw2 => "",
            Self::Volume => "/v3/{project}",
            Self::Share => "/v2",
        }
    }

    /// The types and the name it has in the catalogue. Cinder and Manila are there twice, as on a current deployment.
    pub(crate) fn catalogue_types(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Identity => &[("identity", "keystone")],
            Self::Compute => &[("compute", "nova")],
            Self::Image => &[("image", "glance")],
            Self::Volume => &[("block-storage", "cinder"), ("volumev3", "cinder")],
            Self::Network => &[("network", "neutron")],
            Self::Share => &[("shared-file-system", "manila"), ("sharev2", "manila")],
            Self::Ontap | Self::Rgw1 | Self::Rgw2 => &[],
        }
    }

    /// The service and the rest of the path: "/compute/v2.1" is Nova's "/v2.1".
    pub(crate) fn of_path(path: &str) -> Option<(Self, &str)> {
        let path = path.strip_prefix('/')?;
        let prefix = path.split('/').next()?;
        let service = Self::ALL.into_iter().find(|service| service.prefix() == prefix)?;
        Some((service, &path[prefix.len()..]))
    }

    pub(crate) fn answer(self, world: &mut World, call: &Call) -> Answer {
        match self {
            Self::Identity => keystone::answer(world, call),
            Self::Compute => nova::answer(world, call),
            Self::Image => glance::answer(world, call),
            Self::Volume => cinder::answer(world, call),
            Self::Network => neutron::answer(world, call),
            Self::Share => manila::answer(world, call),
            Self::Ontap => ontap::answer(world, call),
            Self::Rgw1 => rgw::answer(&mut world.zones[0], world.now, call),
            Self::Rgw2 => rgw::answer(&mut world.zones[1], world.now, call),
        }
    }
}
