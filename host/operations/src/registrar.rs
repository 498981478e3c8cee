//! How a tenant comes about: its row, its account in the cloud through the identity plugin, and the removal of
//! all of it when a step fails. Rows are in `patchbay-tenants`; the plugin knows what an account is made of.

mod adoption;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use futures::future::BoxFuture;
use patchbay_core::error::{Error, Kind};
use patchbay_durable::idempotency::{Idempotency, IdempotencyKey};
use patchbay_rollout::Plugins;
use patchbay_runtime as plugin;
use patchbay_runtime::contract::identity::exports::patchbay::identity::tenants::{self, Spec};
use patchbay_runtime::{CallContext, Placeholder};
use patchbay_tenants::auth::{Auth, Operator, scope};
use patchbay_tenants::{Account, Leftover, Once, Registered, Registration, Reserved, Tenants, Unreserved};
use rand::RngExt as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;
use uuid::Uuid;

pub use self::adoption::{Adoption, Foreign};

/// How often leftovers are looked for.
const SWEEP: Duration = Duration::from_secs(30);

/// The first and the longest wait before it is tried again to write that a tenant does not come about.
const WRITE_WAIT: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// How many ids a registration tries.
const IDS_MAX: u32 = 16;

/// Tries of a write that must not be left: until it is done, a name is taken. What cannot be written by then is found when
/// the time of the registration is over.
fn until(deadline: Instant) -> ExponentialBuilder {
    let tries = ExponentialBuilder::default().with_jitter().without_max_times();
    let (min, max) = WRITE_WAIT;
    tries.with_min_delay(min).with_max_delay(max).with_total_delay(Some(deadline - Instant::now()))
}

/// Who asks for a registration.
pub struct RegistrationRequest {
    /// Proof that an operator does who may.
    pub operator: Operator<scope::Tenants>,
    /// The call's id.
    pub request_id: String,
    /// Set to the generation that does the work; see [`CallContext::served`].
    pub served: Arc<OnceLock<Arc<str>>>,
    /// Where it must not be done twice.
    pub once: Option<IdempotencyKey>,
}

/// Why a tenant has no account.
#[derive(Debug, thiserror::Error)]
enum Unprovisioned {
    /// The cloud has what the id names, and it is not this registration's: somebody else's, or this installation's from before
    /// its database was lost.
    #[error(transparent)]
    IdInUse(Error),
    #[error(transparent)]
    Failed(#[from] Error),
}

impl Unprovisioned {
    /// What the identity plugin says, whose contract has the word "exists" for nothing else.
    fn told(error: Error) -> Self {
        if error.kind() == Kind::Exists { Self::IdInUse(error) } else { Self::Failed(error) }
    }
}

impl From<Unprovisioned> for Error {
    fn from(unprovisioned: Unprovisioned) -> Self {
        match unprovisioned {
            Unprovisioned::IdInUse(error) | Unprovisioned::Failed(error) => error,
        }
    }
}

/// See the module.
pub struct Registrar {
    tenants: Arc<Tenants>,
    keys: Arc<Idempotency>,
    auth: Arc<Auth>,
    plugins: Arc<Plugins>,
}

impl Registrar {
    /// A registrar of these tenants.
    #[must_use]
    pub fn new(
        tenants: Arc<Tenants>,
        keys: Arc<Idempotency>,
        auth: Arc<Auth>,
        plugins: Arc<Plugins>,
    ) -> Arc<Self> {
        Arc::new(Self { tenants, keys, auth, plugins })
    }

    /// Registers a tenant: row, domain, project, user, role. It goes on to its end when the caller does not wait. Where it
    /// was asked for under the same key before, that tenant is the answer.
    ///
    /// # Errors
    /// [`Kind::Invalid`] for the name, [`Kind::Exists`] when it is taken or the key came with another request,
    /// [`Kind::Busy`] while the first attempt under the key goes on, otherwise what the identity plugin says;
    /// then nothing is left, or what is left is removed as soon as the cloud answers again.
    pub fn register(
        self: &Arc<Self>,
        request: RegistrationRequest,
        name: &str,
    ) -> BoxFuture<'static, Result<Registered, Error>> {
        let (registrar, name) = (Arc::clone(self), name.to_owned());
        let work = async move { registrar.carry_once(&request, &name).await };
        let work = tokio::spawn(work.in_current_span());
        Box::pin(async { work.await.map_err(Error::internal)? })
    }

    /// The key is held from the moment there is a row, and given back with it: of two requests with one key, one makes an
    /// account.
    async fn carry_once(&self, request: &RegistrationRequest, name: &str) -> Result<Registered, Error> {
        if let Some(first) = self.first(request).await? {
            return Ok(first);
        }
        let taken = match self.carry(request, name).await {
            Err(Unreserved::Failed(error)) => return Err(error),
            Err(taken) => taken,
            Ok(registered) => return Ok(registered),
        };
        match (self.first(request).await?, taken) {
            (Some(first), _) => Ok(first),
            (None, Unreserved::NameTaken { creating: true }) if request.once.is_some() => Err(Error::new(
                Kind::Busy,
                "A tenant of this tenant_name is being registered; try again later.",
            )),
            (None, taken) => Err(taken.into()),
        }
    }

    /// The tenant that was registered under the key before.
    async fn first(&self, request: &RegistrationRequest) -> Result<Option<Registered>, Error> {
        let Some(once) = &request.once else { return Ok(None) };
        let earlier = self.keys.find(None, once).await?;
        earlier.and_then(|earlier| earlier.answer).map(|answer| Registered::from_bytes(&answer)).transpose()
    }

    /// Where the cloud has what the id names, another id is tried.
    async fn carry(&self, request: &RegistrationRequest, name: &str) -> Result<Registered, Unreserved> {
        let mut attempt = 1;
        loop {
            let registration = self.reserve(request, name).await?;
            let id = registration.id();
            match self.attempt(request, registration).await {
                Err(Unprovisioned::IdInUse(error)) if attempt < IDS_MAX => {
                    tracing::warn!(tenant = %id, error = %error.chain(), "what the id names in the cloud is not this registration's, another id is tried");
                    attempt += 1;
                }
                outcome => return outcome.map_err(|error| Error::from(error).into()),
            }
        }
    }

    fn once<'a>(&'a self, request: &'a RegistrationRequest) -> Once<'a> {
        request.once.as_ref().map(|once| (once, &*self.keys))
    }

    async fn attempt(
        &self,
        request: &RegistrationRequest,
        registration: Registration,
    ) -> Result<Registered, Unprovisioned> {
        let Err(error) = self.provision(request, &registration).await else {
            return Ok(Registered::from(registration));
        };
        let failed = || self.tenants.failed(&registration, self.once(request));
        let leftover = match failed.retry(until(registration.deadline())).await {
            Ok(leftover) => leftover,
            Err(unwritten) => {
                tracing::error!(error = %unwritten.chain(), "not given up yet; found again when its time is over");
                return Err(error);
            }
        };
        if let Err(left) = self.remove(&request.request_id, leftover).await {
            tracing::error!(tenant = %leftover.id(), error = %left.chain(), "not removed yet; tried again later");
        }
        Err(error)
    }

    /// Takes the name, removing first what an earlier registration left under it.
    async fn reserve(&self, request: &RegistrationRequest, name: &str) -> Result<Registration, Unreserved> {
        let once = self.once(request);
        match self.tenants.reserve(name, once).await? {
            Reserved::New(registration) => return Ok(registration),
            Reserved::Leftover(leftover) => self.remove(&request.request_id, leftover).await?,
        }
        match self.tenants.reserve(name, once).await? {
            Reserved::New(registration) => Ok(registration),
            Reserved::Leftover(_) => {
                Err(Error::new(Kind::Busy, "An earlier registration is still being removed.").into())
            }
        }
    }

    async fn provision(
        &self,
        request: &RegistrationRequest,
        new: &Registration,
    ) -> Result<(), Unprovisioned> {
        let (call, spec) = self.call(request, new);
        let account = self.plugins.call::<plugin::Tenants, _>(call, move |at, tenants, context| {
            Box::pin(tenants.call_provision(at, context, spec))
        });
        let account = account.await.map_err(Unprovisioned::told)?;
        Ok(self.complete(request, new, account).await?)
    }

    /// The call in which the plugin makes the tenant's user with the new password, which the plugin is not told.
    fn call(&self, request: &RegistrationRequest, new: &Registration) -> (CallContext, Spec) {
        let word = format!("secret-{:032x}", rand::rng().random::<u128>());
        let spec = Spec { display_name: new.name().to_owned(), password_placeholder: word.clone() };
        let secret = Some(Placeholder { word, secret: new.password().clone() });
        let deadline = new.deadline().min(Instant::now() + self.plugins.call_time());
        let permit = request.operator.registering(new.id(), new.mark(), &request.request_id, deadline);
        (CallContext::registration(permit, secret).served_by(&request.served), spec)
    }

    async fn complete(
        &self,
        request: &RegistrationRequest,
        new: &Registration,
        account: tenants::Account,
    ) -> Result<(), Error> {
        let account = Account {
            domain_id: account.domain_id,
            project_id: account.project_id,
            user_id: account.user_id,
            role_id: account.role_id,
        };
        self.tenants.complete(new, &account, self.once(request)).await
    }

    async fn remove(&self, request_id: &str, leftover: Leftover) -> Result<(), Error> {
        let deadline = Instant::now() + self.plugins.call_time();
        let permit = self.auth.removing(leftover, request_id, deadline);
        let call = CallContext::registration(permit, None);
        let removed = self.plugins.call::<plugin::Tenants, _>(call, move |at, tenants, context| {
            Box::pin(tenants.call_remove(at, context))
        });
        removed.await?;
        self.tenants.forget(leftover).await
    }

    /// Removes what earlier registrations left, now and again until `stop`.
    pub async fn sweep(self: Arc<Self>, stop: CancellationToken) {
        loop {
            if let Err(error) = self.sweep_once().await {
                tracing::warn!(error = %error.chain(), "leftovers of registrations are not removed yet");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(SWEEP) => {}
            }
        }
    }

    async fn sweep_once(&self) -> Result<(), Error> {
        for leftover in self.tenants.leftovers().await? {
            self.remove(&format!("req-{}", Uuid::new_v4()), leftover).await?;
            tracing::info!(tenant = %leftover.id(), "a registration that did not come to its end was removed");
        }
        Ok(())
    }
}
