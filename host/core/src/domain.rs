//! The service domains. What the plugins of one are lent and answer is not known here.

/// What a plugin serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, schemars::JsonSchema)]
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
    pub fn as_str(self) -> &'static str {
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
        Self::ALL.into_iter().find(|domain| domain.as_str() == word)
    }

    /// Whether an id is one region's alone. Accounts and buckets of object storage are called the same in each, and the
    /// requests about them name the region.
    #[must_use]
    pub fn ids_tell_regions(self) -> bool {
        self != Self::Oss
    }
}
