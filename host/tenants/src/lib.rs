//! Tenants, and who may call: rows, the cache of them, api keys, permits, and the platform's word on its users.
//!
//! May use: the database, idempotency keys, and an upstream to ask the platform by. Must never live here: what a tenant has in
//! the cloud, which is the identity plugin's, and how a credential travels in a request.
#![forbid(unsafe_code)]

mod admin;
pub mod auth;
mod bucket;
mod directory;
mod keys;
mod limit;
mod store;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use patchbay_core::error::Error;
use patchbay_core::seal::{Digest, MasterKey, random_secret};
use patchbay_core::{Mark, TenantId};
use patchbay_upstream as upstream;
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::time::Instant;

pub use self::admin::Administration;
pub use self::limit::{Limits, LimitsConfig, Turn};
pub use self::store::{Once, Tenants, Unreserved};

/// As the requirements have it: `tenant_name varchar2(100)`.
const NAME_CHARS_MAX: usize = 100;
/// As the requirements have it: `apikey varchar2(20)`, and the same for the OpenStack password.
pub const SECRET_CHARS: usize = 20;

/// How tenants are kept at hand and registered.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Tenants held in memory.
    pub cache_entries_max: u64,
    /// After how long a tenant is read anew: what another host changed is seen then.
    pub cache_ttl_ms: u64,
    /// Active tenants of the deployment, whose keys are held in memory; one more is not registered.
    pub active_max: usize,
    /// The least time between two readings of what changed. A call with a key that is not known waits for the next one before
    /// it is refused.
    pub refresh_ms_min: u64,
    /// Calls that wait so at once; one more is refused as busy.
    pub waiting_max: usize,
    /// How long the key that a tenant had holds beside a new one, where the operator does not say; counted while a host runs.
    pub key_overlap_ms: u64,
    /// How long it may at most.
    pub key_overlap_ms_max: u64,
    /// The longest registration. One that takes twice as long counts as dead, and what it made is removed.
    pub registration_ms: u64,
    /// Requests of one tenant in a second; one more is RESOURCE_EXHAUSTED, and told how long to wait.
    pub requests_per_second: u32,
    /// How many of them may come at once before that counts.
    pub requests_burst: u32,
    /// Calls of one tenant at once; one more is RESOURCE_EXHAUSTED.
    pub calls_max: usize,
    /// What single tenants may ask instead of that, each under its id.
    pub limits: BTreeMap<String, LimitsConfig>,
}

impl Config {
    /// Whether it holds together.
    ///
    /// # Errors
    /// It does not; the error names the key.
    pub fn check(&self) -> anyhow::Result<()> {
        let most = self.key_overlap_ms_max;
        anyhow::ensure!(
            self.key_overlap_ms <= most,
            "tenant.key_overlap_ms is more than tenant.key_overlap_ms_max"
        );
        Ok(())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cache_entries_max: 10_000,
            cache_ttl_ms: 10_000,
            active_max: 100_000,
            refresh_ms_min: 100,
            waiting_max: 1_024,
            key_overlap_ms: 86_400_000,
            key_overlap_ms_max: 30 * 86_400_000,
            registration_ms: 60_000,
            requests_per_second: 1_000,
            requests_burst: 2_000,
            calls_max: 1_024,
            limits: BTreeMap::new(),
        }
    }
}

/// The ids of what a tenant has in Keystone; all of it is named by the tenant id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its domain.
    pub domain_id: String,
    /// Its project, which owns whatever the tenant creates.
    pub project_id: String,
    /// Its user, as whom the host calls the cloud.
    pub user_id: String,
    /// Its role in the project.
    pub role_id: String,
}

/// A registered tenant.
pub struct Tenant {
    id: TenantId,
    key: String,
    mark: Option<Mark>,
    name: String,
    account: Account,
    apikey: Digest,
    suspended: bool,
    password_sealed: String,
    master: Arc<MasterKey>,
}

impl Tenant {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> TenantId {
        self.id
    }

    /// What its things bear in the cloud; none where it was registered before there were marks.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        self.mark
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it has in Keystone.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Whether its calls are refused.
    #[must_use]
    pub fn suspended(&self) -> bool {
        self.suspended
    }

    /// What is kept of its api key.
    #[must_use]
    pub fn apikey(&self) -> &Digest {
        &self.apikey
    }
}

impl upstream::Account for Tenant {
    fn key(&self) -> &str {
        &self.key
    }

    fn user_id(&self) -> &str {
        &self.account.user_id
    }

    fn project_id(&self) -> &str {
        &self.account.project_id
    }

    fn password(&self) -> Result<SecretString, Error> {
        self.master.unseal(self.id, &self.password_sealed).map_err(Error::internal)
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenant").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// A tenant as an operator sees it.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Its id.
    pub id: TenantId,
    /// What people call it.
    pub name: String,
    /// Whether its calls are refused.
    pub suspended: bool,
    /// When it was registered, in milliseconds since 1970-01-01T00:00:00Z.
    pub created_ms: i64,
    /// Its project in the cloud.
    pub project_id: String,
    /// How long the key before its last one still holds, counted while a host runs; none where it does not.
    pub previous_key_ms: Option<u64>,
}

/// A tenant that is being made: its row is in the database, its id and secrets are drawn, the cloud knows
/// nothing yet.
#[derive(Debug)]
pub struct Registration {
    id: TenantId,
    mark: Option<Mark>,
    name: String,
    password: SecretString,
    apikey: SecretString,
    deadline: Instant,
}

impl Registration {
    fn draw(id: TenantId, mark: Option<Mark>, name: &str, time: Duration) -> Result<Self, Error> {
        Ok(Self {
            id,
            mark,
            name: name.to_owned(),
            password: random_secret(SECRET_CHARS).map_err(Error::internal)?,
            apikey: random_secret(SECRET_CHARS).map_err(Error::internal)?,
            deadline: Instant::now() + time,
        })
    }

    /// The id that names everything the tenant gets in Keystone.
    #[must_use]
    pub fn id(&self) -> TenantId {
        self.id
    }

    /// What everything that is made for it bears; none where it is adopted and bears none.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        self.mark
    }

    /// What people call the tenant: the request's name without surrounding white space.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For the tenant's OpenStack user.
    #[must_use]
    pub fn password(&self) -> &SecretString {
        &self.password
    }

    /// For the platform, which is told it once.
    #[must_use]
    pub fn apikey(&self) -> &str {
        self.apikey.expose_secret()
    }

    /// By when it must be complete.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }
}

/// A tenant as the platform is told of it.
pub struct Registered {
    /// Its id.
    pub id: TenantId,
    /// What it calls with.
    pub apikey: SecretString,
}

impl Registered {
    /// For those who ask for the same tenant again: to be sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        format!("{} {}", self.id, self.apikey.expose_secret()).into_bytes()
    }

    /// What [`Registered::to_bytes`] gave.
    ///
    /// # Errors
    /// The bytes are of something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let damaged = || Error::internal(anyhow::anyhow!("a kept registration is damaged"));
        let text = std::str::from_utf8(bytes).map_err(|_| damaged())?;
        let (id, apikey) = text.split_once(' ').ok_or_else(damaged)?;
        Ok(Self { id: id.parse().map_err(|_| damaged())?, apikey: apikey.into() })
    }
}

impl From<Registration> for Registered {
    fn from(whole: Registration) -> Self {
        Self { id: whole.id, apikey: whole.apikey }
    }
}

/// A tenant whose registration or removal did not come to its end. Something of it may be left in Keystone,
/// and its name stays taken until [`Tenants::forget`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leftover {
    id: TenantId,
    mark: Option<Mark>,
}

impl Leftover {
    /// The id that names whatever is left.
    #[must_use]
    pub fn id(self) -> TenantId {
        self.id
    }

    /// What whatever is left bears.
    #[must_use]
    pub fn mark(self) -> Option<Mark> {
        self.mark
    }
}

/// What asking for a name leads to.
#[derive(Debug)]
pub enum Reserved {
    /// The name is this registration's.
    New(Registration),
    /// A leftover has the name: remove it, [`Tenants::forget`] it and ask again.
    Leftover(Leftover),
}

/// The name as it is kept.
fn checked_name(name: &str) -> Result<&str, Error> {
    if name.chars().any(char::is_control) {
        return Err(Error::invalid("tenant_name holds control characters."));
    }
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid("tenant_name is missing."));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Error::invalid(format!("tenant_name is longer than {NAME_CHARS_MAX} characters.")));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_core::error::Kind;

    #[test]
    fn a_name_is_trimmed_and_bounded_in_characters() {
        assert_eq!(checked_name("  云平台 ").unwrap(), "云平台");
        assert_eq!(checked_name(&"云".repeat(100)).unwrap().chars().count(), 100);
        for name in ["", "  ", "a\nb", "a\0", &"x".repeat(101)] {
            let error = checked_name(name).unwrap_err();
            assert_eq!(error.kind(), Kind::Invalid);
            assert!(error.message().starts_with("tenant_name "), "{error}");
        }
    }
}
