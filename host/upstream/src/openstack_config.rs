//! `[upstream.NAME]` with `kind = "openstack"`. Who logs in how is `keystone`.

use patchbay_core::secret::SecretSource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::Interface;
use crate::transport;

/// `[upstream.NAME]` with `kind = "openstack"`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Keystone's address, with or without `/v3`.
    pub auth_url: String,
    /// The region's id in Keystone's catalogue.
    pub region: String,
    /// Which of a service's addresses is used.
    #[serde(default)]
    pub interface: Interface,
    /// Who logs in.
    pub credential: Credential,
    /// Sessions kept; the one unused for longest goes first.
    #[serde(default = "sessions_max")]
    pub sessions_max: u64,
    /// How long an unused session is kept.
    #[serde(default = "session_idle_ms")]
    pub session_idle_ms: u64,
    /// How long before a token's end the next one is fetched.
    #[serde(default = "refresh_ahead_ms")]
    pub refresh_ahead_ms: u64,
    /// How long a login that Keystone refused is not tried again, and a catalogue that lacks a service is not fetched anew.
    #[serde(default = "login_backoff_ms")]
    pub login_backoff_ms: u64,
    /// The bounds of its HTTP.
    #[serde(default)]
    pub transport: transport::Config,
}

fn sessions_max() -> u64 {
    10_000
}

fn session_idle_ms() -> u64 {
    30 * 60 * 1000
}

fn refresh_ahead_ms() -> u64 {
    60_000
}

fn login_backoff_ms() -> u64 {
    2_000
}

/// Who logs in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "\"tenant\", or a table of username, password, user_domain, project, project_domain"
)]
pub enum Credential {
    /// The tenant on whose behalf the call is made.
    Tenant(Tenant),
    /// Always the same user.
    User(User),
}

/// The word `"tenant"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tenant {
    /// The tenant's own user.
    Tenant,
}

/// A user and the project it works in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The user's name.
    pub username: String,
    /// The user's password; read at each login.
    pub password: SecretSource,
    /// The user's domain, by its id or by its name.
    pub user_domain: Domain,
    /// The name of the project in which the user works.
    pub project: String,
    /// The project's domain, by its id or by its name.
    pub project_domain: Domain,
}

/// A Keystone domain: a text is its id, `{ name = "…" }` its name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a domain's id, or { name = \"…\" }")]
#[schemars(title = "string or `{ name }`")]
pub enum Domain {
    /// By id.
    Id(String),
    /// By name.
    Name {
        /// As Keystone lists it.
        name: String,
    },
}

impl Serialize for Domain {
    /// As the Identity API writes a reference to a domain.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (key, value) = match self {
            Self::Id(id) => ("id", id),
            Self::Name { name } => ("name", name),
        };
        serializer.collect_map([(key, value)])
    }
}
