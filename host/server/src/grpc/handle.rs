//! What all calls have in common: request id, deadline, span, metrics, and the outcome's form. What a call does
//! is in its domain's file.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use patchbay_core::error::{Error, Kind};
use patchbay_core::{OperationId, TenantId};
use patchbay_durable::idempotency::IdempotencyKey;
use patchbay_operations::{Settled, Started, registrar};
use patchbay_proto::{self as proto, Keyed, Rpc};
use patchbay_runtime::{Call, CallContext, Generation};
use patchbay_tenants::auth::{Credentials, Operator, Permit};
use tokio::time::Instant;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Request, Response, Status};
use tracing::Instrument as _;

use super::Api;
use super::port::Deadline;
use super::reply::{ErrorStyle, status};
use super::request_id::{new_request_id, request_id};

/// For the metrics of a request that is no RPC of the contract: the router lets none through, and none is handled.
const NONE: Rpc = Rpc { service: "", method: "", path: "" };

/// One call as it arrived.
pub(super) struct RpcContext {
    pub(super) rpc: &'static Rpc,
    pub(super) request_id: String,
    pub(super) deadline: Instant,
    /// What was sent as the operator's credential, where anything was.
    pub(super) bearer: Option<String>,
    /// As it was sent, where one was.
    pub(super) idempotency_key: Option<Vec<u8>>,
    /// The request with its key, as soon as the caller is known.
    pub(super) once: OnceLock<IdempotencyKey>,
    style: ErrorStyle,
    /// Whose it is, as soon as that is proven.
    tenant: OnceLock<TenantId>,
    pub(super) served: Arc<OnceLock<Arc<str>>>,
    /// The generation that began its change.
    on: OnceLock<Arc<Generation>>,
    operation: OnceLock<OperationId>,
    /// Its operation is done.
    done: OnceLock<()>,
    /// It was sent before.
    repeated: OnceLock<()>,
    region: OnceLock<String>,
    note: OnceLock<String>,
}

impl RpcContext {
    /// A plugin call on behalf of this call. Once it has begun a change, it stays on the generation that began it: another
    /// plugin may have taken over and not know what was made.
    pub(super) fn call(&self, permit: Permit, region: &str) -> Call {
        let (region, on) = (self.region(region).to_owned(), self.on.get().cloned());
        let call = Call::from(CallContext::read(permit).served_by(&self.served)).in_region(region);
        match on {
            Some(generation) => call.on(generation),
            None => call,
        }
    }

    /// The region that the request names; where it names none, that of the resources which it names.
    pub(super) fn region<'a>(&'a self, named: &'a str) -> &'a str {
        if named.is_empty() { self.region.get().map_or("", String::as_str) } else { named }
    }

    /// Its operation, told in `x-operation-id`.
    pub(super) fn concerns(&self, id: OperationId) {
        let _ = self.operation.set(id);
    }

    /// It was sent before.
    pub(super) fn repeats(&self) {
        let _ = self.repeated.set(());
    }

    /// Whether it was sent before: then what it changes may have changed by it already.
    pub(super) fn is_repeated(&self) -> bool {
        self.repeated.get().is_some()
    }

    /// Its operation, where that is done.
    pub(super) fn done(&self) -> Option<OperationId> {
        self.done.get().and(self.operation.get()).copied()
    }

    /// What `msg` says beside a success; the first one holds.
    pub(super) fn note(&self, sentence: String) {
        let _ = self.note.set(sentence);
    }

    /// A registration on behalf of this call.
    pub(super) fn registration(
        &self,
        operator: Operator,
        once: Option<IdempotencyKey>,
    ) -> registrar::RegistrationRequest {
        let (request_id, served) = (self.request_id.clone(), Arc::clone(&self.served));
        registrar::RegistrationRequest { operator, request_id, served, once }
    }
}

impl Api {
    /// Does a call's work and gives its outcome the form that the caller wants.
    pub(super) async fn handle<Q: proto::Request, R: proto::Response>(
        &self,
        request: Request<Q>,
        work: impl AsyncFnOnce(&RpcContext, Q) -> Result<R, Error>,
    ) -> Result<Response<R>, Status> {
        let (asked, outcome) = self.instrument(request, work).await;
        respond(&asked, outcome)
    }

    /// The same for what has no `code` and `msg`, as a stream: a failure is a status, whatever the caller wants.
    pub(super) async fn handle_plain<Q: proto::Request, T>(
        &self,
        request: Request<Q>,
        work: impl AsyncFnOnce(&RpcContext, Q) -> Result<T, Error>,
    ) -> Result<Response<T>, Status> {
        let (asked, outcome) = self.instrument(request, work).await;
        marked(&asked, outcome)
    }

    async fn instrument<Q: proto::Request, T>(
        &self,
        request: Request<Q>,
        work: impl AsyncFnOnce(&RpcContext, Q) -> Result<T, Error>,
    ) -> (RpcContext, Result<T, Error>) {
        let begun = Instant::now();
        let (metadata, extensions, message) = request.into_parts();
        let longest = Duration::from_millis(self.config.call_ms_max);
        let deadline = extensions.get().map_or(begun + longest, |deadline: &Deadline| deadline.at);
        let known = extensions.get::<&'static Rpc>().copied();
        let rpc = known.unwrap_or(&NONE);
        let asked = self.asked(rpc, &metadata, deadline);
        let span = tracing::info_span!(
            "call",
            request_id = %asked.request_id,
            rpc = rpc.path,
            // Only what looks like an id goes into the log.
            tenant = message.tenant_id().parse::<TenantId>().ok().map(tracing::field::display),
        );
        let outcome = match known {
            Some(_) => work(&asked, message).instrument(span.clone()).await,
            // Nothing is authorized or remembered under no name.
            None => Err(Error::internal(anyhow::anyhow!("the request came by another way than the port"))),
        };
        span.in_scope(|| self.account(&asked, outcome.as_ref().err(), begun.elapsed()));
        (asked, outcome)
    }

    /// Checks who calls and whether they may, before anything else happens, and finds where what the request names is.
    pub(super) async fn permit<Q: Keyed>(&self, asked: &RpcContext, request: &Q) -> Result<Permit, Error> {
        let credentials = Credentials {
            apikey: request.apikey(),
            tenant_id: request.tenant_id(),
            platform_userid: request.platform_userid(),
        };
        let call = patchbay_tenants::auth::Call {
            request_id: &asked.request_id,
            method: asked.rpc.path,
            deadline: asked.deadline,
        };
        let resources = request.resources();
        let permit = self.auth.permit(credentials, &resources, call).await?;
        if let Some(tenant_id) = permit.tenant_id() {
            let _ = asked.tenant.set(tenant_id);
        }
        if let Some(tenant_id) = permit.tenant_id()
            && let Some(region) = self.operations.region_of(tenant_id, &resources).await?
        {
            let _ = asked.region.set(region);
        }
        Ok(permit)
    }

    /// Waits for what a call began, as long as the caller and `operation.inline_wait_ms` allow.
    pub(super) async fn settled(&self, asked: &RpcContext, started: Started) -> Result<Settled, Error> {
        asked.concerns(started.id);
        if let Some(generation) = &started.generation {
            let _ = asked.on.set(Arc::clone(generation));
        }
        let settled = started.settled(self.answer_by(asked)).await?;
        if settled.done {
            let _ = asked.done.set(());
        }
        if !settled.done {
            asked.note("Accepted; the operation in x-operation-id goes on.".to_owned());
        } else if let Some(message) = &settled.message {
            asked.note(message.clone());
        }
        Ok(settled)
    }

    /// Until when a call may wait for an operation.
    pub(super) fn answer_by(&self, asked: &RpcContext) -> Instant {
        let margin = Duration::from_millis(self.config.answer_margin_ms);
        let answer_by = asked.deadline.checked_sub(margin).unwrap_or(asked.deadline);
        answer_by.min(Instant::now() + self.operations.inline_wait())
    }

    fn asked(&self, rpc: &'static Rpc, metadata: &MetadataMap, deadline: Instant) -> RpcContext {
        let text = |name: &str| metadata.get(name).and_then(|value| value.to_str().ok());
        RpcContext {
            rpc,
            request_id: text("x-request-id").and_then(request_id).unwrap_or_else(new_request_id),
            deadline,
            bearer: text("authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned),
            idempotency_key: metadata.get("idempotency-key").map(|key| key.as_bytes().to_vec()),
            once: OnceLock::new(),
            style: ErrorStyle::of(metadata, self.config.error_style),
            tenant: OnceLock::new(),
            served: Arc::default(),
            on: OnceLock::new(),
            operation: OnceLock::new(),
            done: OnceLock::new(),
            repeated: OnceLock::new(),
            region: OnceLock::new(),
            note: OnceLock::new(),
        }
    }

    /// The call's place in the metrics and its line in the log, which not every refusal gets.
    fn account(&self, asked: &RpcContext, error: Option<&Error>, took: Duration) {
        let code = error.map_or(0, |error| error.kind().code());
        let served = asked.served.get();
        self.metrics.call(asked.rpc.service, asked.rpc.method, code, served.cloned(), took);
        let plugin = served.map(|label| &**label);
        let ms = took.as_millis();
        match error {
            None => tracing::debug!(code, plugin, ms, "answered"),
            Some(error) if matches!(error.kind(), Kind::Internal) => {
                tracing::error!(code, plugin, ms, error = %error.chain(), "answered");
            }
            Some(error) if self.refusals.takes(error.kind(), asked.tenant.get().copied()) => {
                tracing::info!(code, plugin, ms, error = %error.chain(), "answered");
            }
            Some(_) => {}
        }
    }
}

fn respond<R: proto::Response>(asked: &RpcContext, outcome: Result<R, Error>) -> Result<Response<R>, Status> {
    let told = match (outcome, asked.style) {
        (Ok(reply), _) => Ok(reply.with_status(0, asked.note.get().cloned().unwrap_or_default())),
        (Err(error), ErrorStyle::Response) => {
            Ok(R::default().with_status(error.kind().code(), error.message().to_owned()))
        }
        (Err(error), ErrorStyle::Status) => Err(error),
    };
    marked(asked, told)
}

/// The outcome with the call's ids in its metadata.
fn marked<T>(asked: &RpcContext, outcome: Result<T, Error>) -> Result<Response<T>, Status> {
    match outcome {
        Ok(reply) => {
            let mut response = Response::new(reply);
            mark(response.metadata_mut(), asked);
            Ok(response)
        }
        Err(error) => {
            let mut status = status(&error, &asked.request_id);
            mark(status.metadata_mut(), asked);
            Err(status)
        }
    }
}

fn mark(metadata: &mut MetadataMap, asked: &RpcContext) {
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = MetadataValue::try_from(value) {
            metadata.insert(name, value);
        }
    };
    put("x-request-id", &asked.request_id);
    if let Some(operation) = asked.operation.get() {
        put("x-operation-id", &operation.to_string());
    }
}
