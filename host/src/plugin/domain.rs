//! The service domains, and for each of them the world that its plugins answer. Adding a domain is a case here,
//! a folder in `wit/` and a file in `grpc/`.

use std::future::Future;

use wasmtime::Store;
use wasmtime::component::{InstancePre, Linker};

use super::contract::{common, compute, identity, storage};
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
}

impl Domain {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Identity, Self::Compute, Self::Storage];

    /// The word for it in configuration, logs and metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Compute => "compute",
            Self::Storage => "storage",
        }
    }

    /// The domain of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|domain| domain.word() == word)
    }

    /// Lends a linker what plugins of this domain may import.
    pub(super) fn link(self, linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
        capability::link(linker)?;
        match self {
            Self::Compute => capability::link_storage(linker),
            Self::Identity | Self::Storage => Ok(()),
        }
    }

    /// Checks a linked component against the domain's world.
    ///
    /// # Errors
    /// Names the export that is missing or has another type.
    pub(super) fn exports(self, linked: InstancePre<CallState>) -> wasmtime::Result<Exports> {
        Ok(match self {
            Self::Identity => Exports::Identity(identity::PluginPre::new(linked)?),
            Self::Compute => Exports::Compute(compute::PluginPre::new(linked)?),
            Self::Storage => Exports::Storage(storage::PluginPre::new(linked)?),
        })
    }
}

/// A component whose exports were found to be those of its domain.
#[derive(Clone)]
pub(super) enum Exports {
    /// See [`Domain::Identity`].
    Identity(identity::PluginPre<CallState>),
    /// See [`Domain::Compute`].
    Compute(compute::PluginPre<CallState>),
    /// See [`Domain::Storage`].
    Storage(storage::PluginPre<CallState>),
}

/// A part of the contract as a type, so that a call is written against its own exports.
pub trait Service: Send + 'static {
    /// The exports of an instance.
    type Bindings: Send + Sync;

    /// A fresh instance in `store`.
    ///
    /// # Errors
    /// When the generation is another domain's, or its start traps.
    fn instantiate(
        generation: &Generation,
        store: &mut Store<CallState>,
    ) -> impl Future<Output = wasmtime::Result<Self::Bindings>> + Send;
}

/// What every plugin answers, whatever its domain: `about` and `operation`.
#[derive(Debug)]
pub struct Common;

impl Service for Common {
    type Bindings = common::Common;

    async fn instantiate(
        generation: &Generation,
        store: &mut Store<CallState>,
    ) -> wasmtime::Result<Self::Bindings> {
        generation.common.instantiate_async(store).await
    }
}

/// A service that a domain of its own answers.
pub trait Routed: Service {
    /// Which domain.
    const DOMAIN: Domain;
}

macro_rules! service {
    ($(#[$doc:meta])* $name:ident, $module:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Routed for $name {
            const DOMAIN: Domain = Domain::$name;
        }

        impl Service for $name {
            type Bindings = $module::Plugin;

            async fn instantiate(
                generation: &Generation,
                store: &mut Store<CallState>,
            ) -> wasmtime::Result<Self::Bindings> {
                match &generation.exports {
                    Exports::$name(pre) => pre.instantiate_async(store).await,
                    _ => wasmtime::bail!("the generation serves another domain"),
                }
            }
        }
    };
}

service!(
    /// [`Domain::Identity`]
    Identity, identity
);
service!(
    /// [`Domain::Compute`]
    Compute, compute
);
service!(
    /// [`Domain::Storage`]
    Storage, storage
);
