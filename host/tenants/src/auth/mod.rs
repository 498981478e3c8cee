//! Who may call: a tenant by its api key, the platform's user by the platform's word, the operator by token.
//!
//! `patchbay-server` takes the credentials out of a request; what the database keeps of them is made in `seal` of
//! `patchbay-core`.

mod guess;
mod permission;
mod permit;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use anyhow::Context as _;
use patchbay_core::TenantId;
use patchbay_core::error::{Error, Kind};
use patchbay_core::seal::{Digest, MasterKey};
use patchbay_core::secret::SecretSource;
use patchbay_upstream::Upstreams;
use schemars::JsonSchema;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use tokio::time::Instant;

pub use self::guess::Config as GuessConfig;
use self::guess::Guesses;
pub use self::permission::Config as PermissionConfig;
use self::permission::Permission;
pub use self::permit::{Operator, Permit};
use crate::{Leftover, Limits, SECRET_CHARS, Tenant, Tenants, Turn};

/// The width of `operation.user_id`.
const USER_ID_CHARS_MAX: usize = 255;
/// Whose secret the operator's token is; no tenant's id looks like it.
const OPERATOR: &str = "operator";

/// The deployment's credentials, and whom to ask about its users.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Seals what is stored of tenants' secrets: 32 random bytes in base64, as `openssl rand -base64 32` prints them. Without
    /// it every tenant has to be registered anew.
    pub master_key: SecretSource,
    /// The bearer token that `CreateTenant` and the operator's own services ask for.
    pub operator_token: SecretSource,
    /// Who is asked whether a user of the platform may act on a resource; without this table nobody is, and any user of a
    /// tenant may act on all that is the tenant's.
    pub permission: Option<PermissionConfig>,
    /// How wrong credentials are slowed down.
    #[serde(default)]
    pub guess: GuessConfig,
}

/// What a request says of itself, unproven, and the call that it came with.
#[derive(Clone, Copy)]
pub struct Claim<'a> {
    /// The address that it came from, as it is counted, where that is known.
    pub from: Option<IpAddr>,
    /// The tenant's key.
    pub apikey: &'a str,
    /// The tenant.
    pub tenant_id: &'a str,
    /// The platform's user on whose behalf it calls; may be empty.
    pub platform_userid: &'a str,
    /// What it means to act on.
    pub resources: &'a [&'a str],
    /// As "instance.InstanceService/CreateInstance".
    pub method: &'a str,
    /// The call's id.
    pub request_id: &'a str,
    /// When the call ends, answered or not.
    pub deadline: Instant,
}

/// Decides who may call.
pub struct Auth {
    tenants: Arc<Tenants>,
    master: Arc<MasterKey>,
    operator: Digest,
    permission: Option<Permission>,
    limits: Limits,
    guesses: Guesses,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Auth {
    /// `master` is the key under which `tenants` are stored, `limits` what each of them may ask.
    ///
    /// # Errors
    /// The operator's token cannot be read, the reverse check names an upstream that is not there, or a bound is 0.
    pub fn new(
        config: &Config,
        master: Arc<MasterKey>,
        tenants: Arc<Tenants>,
        limits: Limits,
        upstreams: &Upstreams,
    ) -> anyhow::Result<Self> {
        let token = config.operator_token.read().context("auth.operator_token")?;
        let permission =
            config.permission.as_ref().map(|config| Permission::new(config, upstreams)).transpose()?;
        if permission.is_none() {
            tracing::warn!("auth.permission is not configured: any user of a tenant may act on all it owns");
        }
        let operator = master.digest(OPERATOR, token.expose_secret());
        let guesses = Guesses::new(&config.guess)?;
        Ok(Self { tenants, master, operator, permission, limits, guesses })
    }

    /// What each tenant may ask.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Proves that the key is the tenant's and that the user may act on each of the resources. The call is one of those that
    /// the tenant has at once until the turn is dropped.
    ///
    /// # Errors
    /// [`Kind::Exhausted`]: the tenant asks more than it may, or its address shows too many wrong keys.
    /// [`Kind::Unauthenticated`]: no such tenant or not its key, in the same words. [`Kind::Invalid`]: the
    /// user's id cannot be one. [`Kind::Denied`]: the platform says no. [`Kind::Unavailable`]: the platform
    /// could not be asked, or the database does not answer. [`Kind::Busy`]: too many unproven calls wait.
    pub async fn permit(&self, claim: Claim<'_>) -> Result<(Permit, Turn), Error> {
        let tenant = self.authenticate(claim).await?;
        let turn = self.limits.enter(tenant.id())?;
        check_user(claim.platform_userid)?;
        let permit = Permit::of_tenant(tenant, claim.platform_userid, claim.request_id, claim.deadline);
        if let Some(permission) = &self.permission {
            permission.check(&permit, claim.method, claim.resources).await?;
        }
        Ok((permit, turn))
    }

    async fn authenticate(&self, claim: Claim<'_>) -> Result<Arc<Tenant>, Error> {
        let refused = || Error::new(Kind::Unauthenticated, Kind::Unauthenticated.default_message());
        let id = claim.tenant_id.parse::<TenantId>().ok();
        let Some(id) = id.filter(|_| claim.apikey.len() == SECRET_CHARS) else {
            self.guesses.attempt(claim.from, id).await?;
            return Err(refused());
        };
        let shown = self.master.digest(claim.tenant_id, claim.apikey);
        let _place = match self.tenants.knows(id, &shown) {
            true => None,
            false => Some(self.guesses.attempt(claim.from, Some(id)).await?),
        };
        self.tenants.authenticated(id, &shown).await?.ok_or_else(refused)
    }

    /// Before an operator's credential is refused, which came from this address.
    ///
    /// # Errors
    /// [`Kind::Exhausted`]: the address shows too many wrong ones.
    pub async fn slow(&self, from: Option<IpAddr>) -> Result<(), Error> {
        self.guesses.attempt(from, None).await.map(drop)
    }

    /// Proves that the bearer token is the operator's.
    ///
    /// # Errors
    /// [`Kind::Unauthenticated`]: there is none, or another.
    pub fn operator(&self, bearer: Option<&str>) -> Result<Operator, Error> {
        let shown = self.master.digest(OPERATOR, bearer.unwrap_or_default());
        if shown.matches(&self.operator) {
            return Ok(Operator::proven());
        }
        Err(Error::new(Kind::Unauthenticated, "The operator's bearer token is missing or wrong."))
    }

    /// For an operation that the host carries on with, which was permitted when it began.
    ///
    /// # Errors
    /// [`Kind::NotFound`]: the tenant is gone. [`Kind::Unavailable`]: the database does not answer.
    pub async fn resume(
        &self,
        tenant_id: TenantId,
        user_id: &str,
        request_id: &str,
        deadline: Instant,
    ) -> Result<Permit, Error> {
        let tenant = self.tenants.find(tenant_id).await?;
        let tenant = tenant.ok_or_else(|| Error::new(Kind::NotFound, "There is no such tenant."))?;
        Ok(Permit::of_tenant(tenant, user_id, request_id, deadline))
    }

    /// For removing what an unfinished tenant left in the cloud.
    #[must_use]
    pub fn removing(&self, leftover: Leftover, request_id: &str, deadline: Instant) -> Permit {
        Permit::without_account(leftover.id(), leftover.mark(), request_id, deadline)
    }
}

fn check_user(user_id: &str) -> Result<(), Error> {
    if user_id.chars().any(char::is_control) {
        return Err(Error::invalid("platform_userid holds control characters."));
    }
    if user_id.chars().count() > USER_ID_CHARS_MAX {
        return Err(Error::invalid(format!(
            "platform_userid is longer than {USER_ID_CHARS_MAX} characters."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
