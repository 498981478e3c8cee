//! What the cloud has of tenants that this installation does not know: after its database was lost or restored, and what other
//! installations made. Nothing of it is taken but by the operator's explicit decision, one tenant at a time.

use std::sync::{Arc, OnceLock};

use backon::Retryable as _;
use patchbay_core::error::{Error, Kind};
use patchbay_core::{Installation, Mark, TenantId};
use patchbay_runtime as plugin;
use patchbay_runtime::CallContext;
use patchbay_runtime::contract::identity::exports::patchbay::identity::tenants::Found;
use patchbay_tenants::auth::Operator;
use patchbay_tenants::auth::scope::Scope;
use patchbay_tenants::{Registered, Registration};
use tokio::time::Instant;

use super::{Registrar, RegistrationRequest};

/// What a domain is in [`Foreign::parts`], without which nothing can be adopted.
const DOMAIN: &str = "domain";

/// What is called like a tenant in the cloud and is none of this installation's.
#[derive(Debug, Clone)]
pub struct Foreign {
    /// The id that it is called.
    pub id: TenantId,
    /// What it bears; none where it was made before there were marks, or by hand.
    pub mark: Option<Mark>,
    /// As the cloud tells it; may be empty.
    pub name: String,
    /// What there is of it: "domain", "role".
    pub parts: Vec<String>,
}

/// The operator's decision to take a tenant over.
#[derive(Debug, Clone)]
pub struct Adoption {
    /// Which.
    pub id: TenantId,
    /// What it is to be called here.
    pub name: String,
    /// Also where it bears another installation's mark, or none.
    pub from_other: bool,
}

impl Registrar {
    /// Whose registrar it is.
    #[must_use]
    pub fn installation(&self) -> Installation {
        self.tenants.installation()
    }

    /// What the cloud has of tenants that have no row here with the same mark, in the order of the ids.
    ///
    /// # Errors
    /// What the identity plugin says; [`Kind::Unavailable`] when the database does not answer.
    pub async fn foreign(
        &self,
        operator: &Operator<impl Scope>,
        request_id: &str,
        served: &Arc<OnceLock<Arc<str>>>,
    ) -> Result<Vec<Foreign>, Error> {
        let permit = operator.looking(request_id, Instant::now() + self.plugins.call_time());
        let call = CallContext::read(permit).served_by(served);
        let found = self.plugins.call::<plugin::Tenants, _>(call, move |at, tenants, context| {
            Box::pin(tenants.call_list(at, context))
        });
        let found = found.await?;
        // Read afterwards: what is being registered meanwhile has a row by then.
        let own = self.tenants.marks().await?;
        let mut found: Vec<_> = found.into_iter().filter_map(Foreign::read).collect();
        found.retain(|foreign| own.get(&foreign.id) != Some(&foreign.mark));
        Ok(found)
    }

    /// Takes over a tenant that the cloud has and this installation does not. It keeps its id and its mark, so what bears
    /// that is its own at once; user and api key are new. It goes on to its end when the caller does not wait.
    ///
    /// # Errors
    /// [`Kind::NotFound`]: there is none. [`Kind::Conflict`]: not this installation's by its mark, without the word for it.
    /// [`Kind::Exists`]: the id or the name is taken here. Otherwise what the identity plugin says; then it is as foreign
    /// as before, and this may be tried again.
    pub async fn adopt(
        self: &Arc<Self>,
        request: RegistrationRequest,
        wanted: Adoption,
    ) -> Result<Registered, Error> {
        let registrar = Arc::clone(self);
        let work = async move { registrar.take_over(&request, wanted).await };
        let span = tracing::Span::current();
        tokio::spawn(tracing::Instrument::instrument(work, span)).await.map_err(Error::internal)?
    }

    async fn take_over(&self, request: &RegistrationRequest, wanted: Adoption) -> Result<Registered, Error> {
        let mark = self.adoptable(request, &wanted).await?;
        let adoption = self.tenants.reserve_adoption(wanted.id, mark, &wanted.name).await?;
        let Err(error) = self.taken_over(request, &adoption).await else {
            tracing::info!(tenant = %wanted.id, mark = mark.map(tracing::field::display), "adopted from the cloud");
            return Ok(Registered::from(adoption));
        };
        let withdraw = || self.tenants.withdraw(&adoption);
        if let Err(left) = withdraw.retry(super::until(adoption.deadline())).await {
            tracing::error!(tenant = %wanted.id, error = %left.chain(), "its row goes when its time is over");
        }
        Err(error)
    }

    /// What the tenant's domain bears, where it may be taken over.
    async fn adoptable(
        &self,
        request: &RegistrationRequest,
        wanted: &Adoption,
    ) -> Result<Option<Mark>, Error> {
        let foreign = self.foreign(&request.operator, &request.request_id, &request.served).await?;
        let whole = |foreign: &Foreign| foreign.parts.iter().any(|part| part == DOMAIN);
        let found = foreign.into_iter().find(|foreign| foreign.id == wanted.id && whole(foreign));
        let mark = found.ok_or_else(|| absent(wanted.id))?.mark;
        let is_own = mark.is_some_and(|mark| mark.installation() == self.installation());
        if is_own || wanted.from_other { Ok(mark) } else { Err(of_other(wanted.id, mark)) }
    }

    async fn taken_over(&self, request: &RegistrationRequest, adoption: &Registration) -> Result<(), Error> {
        let (call, spec) = self.call(request, adoption);
        let account = self.plugins.call::<plugin::Tenants, _>(call, move |at, tenants, context| {
            Box::pin(tenants.call_adopt(at, context, spec))
        });
        self.complete(request, adoption, account.await?).await
    }
}

impl Foreign {
    /// None for what is called otherwise, which the plugin should not have told.
    fn read(found: Found) -> Option<Self> {
        let Found { tenant_id, mark, display_name, parts } = found;
        Some(Self { id: tenant_id.parse().ok()?, mark: mark.parse().ok(), name: display_name, parts })
    }
}

fn absent(id: TenantId) -> Error {
    let sentence =
        format!("tenant_id: the cloud has no domain {id} that is not this installation's already.");
    Error::new(Kind::NotFound, sentence)
}

fn of_other(id: TenantId, mark: Option<Mark>) -> Error {
    let whose = match mark.map(Mark::installation) {
        Some(other) => format!("bears the mark of the installation {other}"),
        None => "bears no mark, so nobody can tell whose it is".to_owned(),
    };
    let sentence = format!(
        "tenant_id: {id} {whose}. If no other installation has it any more, say from_other_installation."
    );
    Error::new(Kind::Conflict, sentence)
}
