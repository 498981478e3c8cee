//! What an operator may do: a role allows scopes, and each of the operator's RPCs needs one of them. Who has which role is in
//! `operators`; the proof that a handler needs is in `permit`.

use serde::Deserialize;

/// What an operator is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Looks at everything, changes nothing.
    Viewer,
    /// Looks, and changes plugins and routes.
    Deployer,
    /// Looks, and makes and changes tenants.
    TenantAdmin,
    /// All of it.
    Admin,
}

/// What one of the operator's RPCs needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// It looks.
    Read,
    /// It changes which plugin answers.
    Plugins,
    /// It makes tenants or changes them.
    Tenants,
}

impl Role {
    /// As it is written in the operators' file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Deployer => "deployer",
            Self::TenantAdmin => "tenant-admin",
            Self::Admin => "admin",
        }
    }

    /// Whether it may do what needs that.
    #[must_use]
    pub fn allows(self, needed: Needed) -> bool {
        match (self, needed) {
            (Self::Admin, _) | (_, Needed::Read) => true,
            (Self::Deployer, Needed::Plugins) | (Self::TenantAdmin, Needed::Tenants) => true,
            (Self::Viewer | Self::Deployer | Self::TenantAdmin, _) => false,
        }
    }
}

impl Needed {
    /// The role that is made for it.
    pub(super) fn role(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::Plugins => Role::Deployer,
            Self::Tenants => Role::TenantAdmin,
        }
    }
}

/// What an RPC needs, as a type: a proof for one is none for another.
pub trait Scope: Copy + Send + Sync + 'static {
    /// The same as a value.
    const NEEDED: Needed;
}

/// [`Needed::Read`].
#[derive(Debug, Clone, Copy)]
pub struct Read;

/// [`Needed::Plugins`].
#[derive(Debug, Clone, Copy)]
pub struct Plugins;

/// [`Needed::Tenants`].
#[derive(Debug, Clone, Copy)]
pub struct Tenants;

impl Scope for Read {
    const NEEDED: Needed = Needed::Read;
}

impl Scope for Plugins {
    const NEEDED: Needed = Needed::Plugins;
}

impl Scope for Tenants {
    const NEEDED: Needed = Needed::Tenants;
}
