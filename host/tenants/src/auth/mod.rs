//! Who may call: a tenant by its api key, the platform's user by the platform's word, an operator by token or certificate.
//!
//! `patchbay-server` takes the credentials out of a request; what the database keeps of them is made in `seal` of
//! `patchbay-core`.

mod guess;
mod operators;
mod permission;
mod permit;
pub mod scope;
mod subject;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
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
pub use self::operators::{Identity, Operators, TOKEN_CHARS_MIN};
pub use self::permission::Config as PermissionConfig;
use self::permission::Permission;
pub use self::permit::{Operator, Permit};
use self::scope::Scope;
pub use self::subject::Subject;
use crate::{Leftover, Limits, SECRET_CHARS, Tenant, Tenants, Turn};

/// The width of `operation.user_id`.
const USER_ID_CHARS_MAX: usize = 255;
/// Whose secret the token in the configuration is, and what its operator is called; no tenant's id looks like it.
const OPERATOR: &str = "operator";

/// The deployment's credentials, and whom to ask about its users.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Seals what is stored of tenants' secrets: 32 random bytes in base64, as `openssl rand -base64 32` prints them. Without
    /// it every tenant has to be registered anew.
    pub master_key: SecretSource,
    /// The bearer token of the one operator who is in no file, and may do all that operators may; needed where there is no
    /// `operators_file`.
    #[serde(default)]
    pub operator_token: Option<SecretSource>,
    /// Operators by name, each with a role and with digests of tokens or subjects of client certificates. It is read anew when
    /// it changes.
    #[serde(default)]
    pub operators_file: Option<PathBuf>,
    /// Who is asked whether a user of the platform may act on a resource; without this table nobody is, and any user of a
    /// tenant may act on all that is the tenant's.
    pub permission: Option<PermissionConfig>,
    /// How wrong credentials are slowed down.
    #[serde(default)]
    pub guess: GuessConfig,
}

impl Config {
    /// Whether there is an operator at all.
    ///
    /// # Errors
    /// There is none.
    pub fn check(&self) -> anyhow::Result<()> {
        let any = self.operator_token.is_some() || self.operators_file.is_some();
        ensure!(any, "auth.operator_token or auth.operators_file is needed: otherwise there is no operator");
        Ok(())
    }
}

/// What an operator's request shows of who it is, unproven.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown<'a> {
    /// A bearer token. Where there is one, nothing else counts.
    pub bearer: Option<&'a str>,
    /// The subject of the certificate that its connection was made with.
    pub certificate: Option<&'a Subject>,
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
    /// Of the token in the configuration.
    operator: Option<Digest>,
    operators: Arc<Operators>,
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
    /// The operator's token or the operators' file cannot be read, the reverse check names an upstream that is not there, or a
    /// bound is 0.
    pub fn new(
        config: &Config,
        master: Arc<MasterKey>,
        tenants: Arc<Tenants>,
        limits: Limits,
        upstreams: &Upstreams,
    ) -> anyhow::Result<Self> {
        let token = config.operator_token.as_ref().map(SecretSource::read).transpose();
        let token = token.context("auth.operator_token")?;
        let operators = Arc::new(Operators::open(config.operators_file.clone())?);
        let permission =
            config.permission.as_ref().map(|config| Permission::new(config, upstreams)).transpose()?;
        if permission.is_none() {
            tracing::warn!("auth.permission is not configured: any user of a tenant may act on all it owns");
        }
        let operator = token.map(|token| master.digest(OPERATOR, token.expose_secret()));
        let guesses = Guesses::new(&config.guess)?;
        Ok(Self { tenants, master, operator, operators, permission, limits, guesses })
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
    /// user's id cannot be one. [`Kind::Denied`]: the tenant is suspended, or the platform says no. [`Kind::Unavailable`]: the platform
    /// could not be asked, or the database does not answer. [`Kind::Busy`]: too many unproven calls wait.
    pub async fn permit(&self, claim: Claim<'_>) -> Result<(Permit, Turn), Error> {
        let tenant = self.authenticate(claim).await?;
        if tenant.suspended() {
            return Err(Error::new(Kind::Denied, "The tenant is suspended."));
        }
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

    /// The operators by name.
    #[must_use]
    pub fn operators(&self) -> &Arc<Operators> {
        &self.operators
    }

    /// Which operator this is.
    ///
    /// # Errors
    /// [`Kind::Unauthenticated`]: none.
    pub fn identify(&self, shown: Shown<'_>) -> Result<Identity, Error> {
        let found = match (shown.bearer, shown.certificate) {
            (Some(token), _) if self.is_configured(token) => Some(Identity::of_configuration()),
            (Some(token), _) => self.operators.by_token(token),
            (None, Some(subject)) => self.operators.by_subject(subject),
            (None, None) => None,
        };
        let none = || Error::new(Kind::Unauthenticated, "The operator's bearer token is missing or wrong.");
        found.ok_or_else(none)
    }

    fn is_configured(&self, token: &str) -> bool {
        self.operator.is_some_and(|operator| self.master.digest(OPERATOR, token).matches(&operator))
    }

    /// Proves that the operator may do what needs that scope.
    ///
    /// # Errors
    /// [`Kind::Denied`]: the operator's role does not allow it.
    pub fn operator<S: Scope>(&self, identity: &Identity, scope: S) -> Result<Operator<S>, Error> {
        let Identity { name, role } = identity;
        if role.allows(S::NEEDED) {
            return Ok(Operator::proven(name, scope));
        }
        let (own, needed) = (role.as_str(), S::NEEDED.role().as_str());
        Err(Error::new(
            Kind::Denied,
            format!("The operator {name} is {own}; this asks for {needed} or admin."),
        ))
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
