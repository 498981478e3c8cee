//! One call on its way down: as it arrived, and as a tenant's that may be made. What is done with it is in `handle` and in the
//! services; what comes of it, in `outcome`.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use patchbay_core::error::Error;
use patchbay_durable::idempotency::IdempotencyKey;
use patchbay_operations::registrar::RegistrationRequest;
use patchbay_proto::Rpc;
use patchbay_runtime::{Call, CallContext};
use patchbay_tenants::auth::{Operator, Permit, Shown, Subject, scope};
use tokio::time::Instant;
use tonic::metadata::MetadataMap;

use super::port::Admitted;
use super::reply::ErrorStyle;
use super::request_id::{new_request_id, request_id};
use crate::listen::counted;

/// One call as it arrived. Nothing of it changes on the way.
pub(super) struct RpcContext {
    pub(super) rpc: &'static Rpc,
    pub(super) request_id: String,
    pub(super) deadline: Instant,
    pub(super) style: ErrorStyle,
    /// What was sent as an operator's credential, where anything was.
    bearer: Option<String>,
    /// Who the client is by its certificate, where it has shown one.
    certificate: Option<Subject>,
    /// Where it came from.
    pub(super) peer: Option<SocketAddr>,
    /// What the audit trail is to name beside the request's own words, as what was made; told by the one who does the work.
    pub(super) found: Mutex<Vec<String>>,
    /// As it was sent, where one was.
    idempotency_key: Option<Vec<u8>>,
    /// The label of the generation that answers. The one thing that is not returned: the runtime tells it when it has chosen
    /// one, and the call counts as that one's also where it is cut off, fails or is left by its caller.
    pub(super) served: Arc<OnceLock<Arc<str>>>,
}

impl RpcContext {
    /// A call as its metadata tells it; `configured` is the style of those who wish none.
    pub(super) fn new(
        rpc: &'static Rpc,
        (metadata, admitted): (&MetadataMap, Option<&Admitted>),
        deadline: Instant,
        configured: ErrorStyle,
    ) -> Self {
        let text = |name: &str| metadata.get(name).and_then(|value| value.to_str().ok());
        Self {
            rpc,
            request_id: text("x-request-id").and_then(request_id).unwrap_or_else(new_request_id),
            deadline,
            style: ErrorStyle::of(metadata, configured),
            bearer: text("authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned),
            certificate: admitted.and_then(|admitted| admitted.client.subject.clone()),
            peer: admitted.map(|admitted| admitted.client.address),
            found: Mutex::default(),
            idempotency_key: metadata.get("idempotency-key").map(|key| key.as_bytes().to_vec()),
            served: Arc::default(),
        }
    }

    /// The address that it came from, as it is counted.
    pub(super) fn from(&self) -> Option<IpAddr> {
        self.peer.map(|peer| counted(peer.ip()))
    }

    /// Lets the audit trail name this too.
    pub(super) fn concerns(&self, what: String) {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// What it shows of an operator.
    pub(super) fn shown(&self) -> Shown<'_> {
        Shown { bearer: self.bearer.as_deref(), certificate: self.certificate.as_ref() }
    }

    /// The request, as these bytes tell it from others, with the key that was sent with it.
    ///
    /// # Errors
    /// The key can be none.
    pub(super) fn once(&self, request: &[u8]) -> Result<Option<IdempotencyKey>, Error> {
        let key = self.idempotency_key.as_deref();
        key.map(|key| IdempotencyKey::new(key, self.rpc.path, request)).transpose()
    }

    /// A registration on behalf of this call.
    pub(super) fn registration(
        &self,
        operator: Operator<scope::Tenants>,
        once: Option<IdempotencyKey>,
    ) -> RegistrationRequest {
        let (request_id, served) = (self.request_id.clone(), Arc::clone(&self.served));
        RegistrationRequest { operator, request_id, served, once }
    }
}

/// A call that its tenant may make. Plugins and operations are reached with one only.
#[derive(Clone)]
pub(super) struct TenantCall {
    pub(super) context: Arc<RpcContext>,
    pub(super) permit: Permit,
    /// The region of the resources that it names, where that is known.
    pub(super) placed: Option<String>,
    /// The request with its key, where it must not be done twice.
    pub(super) once: Option<IdempotencyKey>,
    /// It was sent before: what it changes may have changed by it already.
    pub(super) repeated: bool,
}

impl TenantCall {
    /// The region that the request names; where it names none, that of the resources which it names.
    pub(super) fn region<'a>(&'a self, named: &'a str) -> &'a str {
        if named.is_empty() { self.placed.as_deref().unwrap_or_default() } else { named }
    }

    /// A plugin call that looks, in the region that the request names.
    pub(super) fn read(&self, named: &str) -> Call {
        let context = CallContext::read(self.permit.clone()).served_by(&self.context.served);
        Call::from(context).in_region(self.region(named).to_owned())
    }
}
