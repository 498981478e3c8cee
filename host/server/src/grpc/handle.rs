//! What all calls have in common: who calls and whether they may, deadline, span, metrics, and the outcome's form. What a
//! call does is in its domain's file.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use patchbay_core::error::{Error, Kind};
use patchbay_core::{OperationId, TenantId};
use patchbay_proto::{self as proto, Effect, Keyed, Rpc};
use patchbay_tenants::Turn;
use patchbay_tenants::auth::scope::Scope;
use patchbay_tenants::auth::{Claim, Operator};
use tokio::time::Instant;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Extensions, Request, Response, Status};
use tracing::{Instrument as _, Span};

use super::Api;
use super::context::{RpcContext, TenantCall};
use super::outcome::{Answer, Failed, Outcome};
use super::port::Admitted;
use super::reply::{ErrorStyle, put_retry_after, status};
use super::trail::{self, Asked};

/// For the metrics of a request that is no RPC of the contract: the router lets none through, and none is handled.
const NONE: Rpc =
    Rpc { service: "", method: "", path: "", effect: Effect::Other, changes: false, makes: false };

impl Api {
    /// Does the work of a tenant's call, once it is known that the tenant may make it, and gives its outcome the form that
    /// the caller wants.
    pub(super) async fn handle<Q: Keyed, R: proto::Response, A: Into<Answer<R>>>(
        &self,
        request: Request<Q>,
        work: impl AsyncFnOnce(&TenantCall, Q) -> Result<A, Failed>,
    ) -> Result<Response<R>, Status> {
        let work = async |context: &Arc<RpcContext>, request| self.as_tenant(context, request, work).await;
        let (context, outcome) = self.instrument(request, work).await;
        respond(&context, outcome)
    }

    /// The same for what has no `code` and `msg`, as a stream: a failure is a status, whatever the caller wants.
    pub(super) async fn handle_plain<Q: Keyed, T>(
        &self,
        request: Request<Q>,
        work: impl AsyncFnOnce(&TenantCall, Q) -> Result<T, Failed>,
    ) -> Result<Response<T>, Status> {
        let work = async |context: &Arc<RpcContext>, request| self.as_tenant(context, request, work).await;
        let (context, outcome) = self.instrument(request, work).await;
        marked(&context, outcome)
    }

    /// As [`Api::handle`], for a call of an operator's that needs this scope.
    pub(super) async fn handle_operator<S: Scope, Q: proto::Request, R: proto::Response>(
        &self,
        scope: S,
        request: Request<Q>,
        work: impl AsyncFnOnce(&RpcContext, Operator<S>, Q) -> Result<R, Error>,
    ) -> Result<Response<R>, Status> {
        let work =
            async |context: &Arc<RpcContext>, request| self.as_operator(scope, context, request, work).await;
        let (context, outcome) = self.instrument(request, work).await;
        respond(&context, outcome)
    }

    /// As [`Api::handle_plain`], for a call of an operator's that needs this scope.
    pub(super) async fn handle_operator_plain<S: Scope, Q: proto::Request, T>(
        &self,
        scope: S,
        request: Request<Q>,
        work: impl AsyncFnOnce(&RpcContext, Operator<S>, Q) -> Result<T, Error>,
    ) -> Result<Response<T>, Status> {
        let work =
            async |context: &Arc<RpcContext>, request| self.as_operator(scope, context, request, work).await;
        let (context, outcome) = self.instrument(request, work).await;
        marked(&context, outcome)
    }

    async fn as_tenant<Q: Keyed, R, A: Into<Answer<R>>>(
        &self,
        context: &Arc<RpcContext>,
        request: Q,
        work: impl AsyncFnOnce(&TenantCall, Q) -> Result<A, Failed>,
    ) -> Outcome<R> {
        let resources = request.resources();
        let claim = Claim {
            from: context.from(),
            apikey: request.apikey(),
            tenant_id: request.tenant_id(),
            platform_userid: request.platform_userid(),
            resources: &resources,
            method: context.rpc.path,
            request_id: &context.request_id,
            deadline: context.deadline,
        };
        let (call, _turn) = match self.authorize(context, claim).await {
            Ok(call) => call,
            Err(failed) => {
                trail::refused(&self.audit, context, Asked::by_tenant(&claim), &failed.error).await;
                return Err(failed);
            }
        };
        let entry = trail::enter(&self.audit, context, || Asked::by_tenant(&claim))?;
        let outcome = work(&call, request).await.map(Into::into);
        let outcome = trail::ended(entry, context, outcome).await;
        outcome.map_err(|failed| failed.by(call.permit.tenant_id()))
    }

    async fn as_operator<S: Scope, Q: proto::Request, R>(
        &self,
        scope: S,
        context: &RpcContext,
        request: Q,
        work: impl AsyncFnOnce(&RpcContext, Operator<S>, Q) -> Result<R, Error>,
    ) -> Outcome<R> {
        let identity = match self.auth.identify(context.shown()) {
            Ok(identity) => identity,
            Err(error) => {
                // First, so that a flood of them is none of the trail either.
                self.auth.slow(context.from()).await?;
                trail::refused(&self.audit, context, Asked::by_nobody(request.named()), &error).await;
                return Err(error.into());
            }
        };
        Span::current().record("operator", &**identity.name());
        let asked = || Asked::by_operator(&identity, request.named());
        let operator = match self.auth.operator(&identity, scope) {
            Ok(operator) => operator,
            Err(error) => {
                trail::refused(&self.audit, context, asked(), &error).await;
                return Err(error.into());
            }
        };
        let entry = trail::enter(&self.audit, context, asked)?;
        let outcome = work(context, operator, request).await;
        trail::ended(entry, context, outcome.map(Answer::from).map_err(Failed::from)).await
    }

    /// Checks who calls and whether they may, before anything else happens, and finds where what the request names is.
    /// The call counts among its tenant's until the turn is dropped.
    async fn authorize(
        &self,
        context: &Arc<RpcContext>,
        claim: Claim<'_>,
    ) -> Result<(TenantCall, Turn), Failed> {
        let resources = claim.resources;
        let (permit, turn) = self.auth.permit(claim).await?;
        let placed = match permit.tenant_id() {
            Some(tenant_id) if context.rpc.makes => {
                let placed = self.operations.region_of(tenant_id, resources).await;
                placed.map_err(|error| Failed::from(error).by(Some(tenant_id)))?
            }
            _ => None,
        };
        let context = Arc::clone(context);
        Ok((TenantCall { context, permit, placed, once: None, repeated: false }, turn))
    }

    async fn instrument<Q: proto::Request, T>(
        &self,
        request: Request<Q>,
        work: impl AsyncFnOnce(&Arc<RpcContext>, Q) -> Outcome<T>,
    ) -> (Arc<RpcContext>, Outcome<T>) {
        let begun = Instant::now();
        let (metadata, extensions, message) = request.into_parts();
        let (context, span) = self.arrived(&metadata, &extensions, begun, message.tenant_id());
        let fits =
            extensions.get::<Admitted>().map_or(Ok(()), |admitted| admitted.weight.take(message.bytes()));
        let outcome = match (context.rpc.path, fits) {
            // Nothing is authorized or remembered under no name.
            ("", _) => Err(Error::internal(anyhow!("the request came by another way than the port")).into()),
            (_, Err(too_much)) => Err(too_much.into()),
            // In a box: all around it is a part of the service's future, and would be moved with it.
            (_, Ok(())) => Box::pin(work(&context, message).instrument(span.clone())).await,
        };
        span.in_scope(|| self.record(&context, outcome.as_ref().err(), begun.elapsed()));
        (context, outcome)
    }

    fn arrived(
        &self,
        metadata: &MetadataMap,
        extensions: &Extensions,
        begun: Instant,
        tenant_id: &str,
    ) -> (Arc<RpcContext>, Span) {
        let longest = Duration::from_millis(self.config.call_ms_max);
        let admitted = extensions.get::<Admitted>();
        let deadline = admitted.map_or(begun + longest, |admitted| admitted.deadline);
        let rpc = admitted.and_then(|admitted| admitted.rpc).unwrap_or(&NONE);
        let context = Arc::new(RpcContext::new(rpc, (metadata, admitted), deadline, self.config.error_style));
        let span = tracing::info_span!(
            "call",
            request_id = %context.request_id,
            rpc = rpc.path,
            // Only what looks like an id goes into the log.
            tenant = tenant_id.parse::<TenantId>().ok().map(tracing::field::display),
            operator = tracing::field::Empty,
        );
        (context, span)
    }

    /// The call's place in the metrics and its line in the log, which not every refusal gets.
    fn record(&self, context: &RpcContext, failed: Option<&Failed>, took: Duration) {
        let code = failed.map_or(0, |failed| failed.error.kind().code());
        let served = context.served.get();
        self.metrics.call(context.rpc.service, context.rpc.method, code, served.cloned(), took);
        let plugin = served.map(|label| &**label);
        let ms = took.as_millis();
        let Some(Failed { error, tenant, .. }) = failed else {
            return tracing::debug!(code, plugin, ms, "answered");
        };
        if matches!(error.kind(), Kind::Internal) {
            tracing::error!(code, plugin, ms, error = %error.chain(), "answered");
        } else if self.refusals.takes(error.kind(), *tenant) {
            tracing::info!(code, plugin, ms, error = %error.chain(), "answered");
        }
    }
}

fn respond<R: proto::Response>(context: &RpcContext, outcome: Outcome<R>) -> Result<Response<R>, Status> {
    let told = match (outcome, context.style) {
        (Ok(answer), _) => {
            let Answer { reply, note, operation, done, wait } = answer;
            let reply = reply.with_status(0, note.unwrap_or_default());
            Ok(Answer { reply, note: None, operation, done, wait })
        }
        (Err(Failed { error, operation, .. }), ErrorStyle::Response) => {
            let reply = R::default().with_status(error.kind().code(), error.message().to_owned());
            Ok(Answer { reply, note: None, operation, done: false, wait: error.wait() })
        }
        (Err(failed), ErrorStyle::Status) => Err(failed),
    };
    marked(context, told)
}

/// The outcome with the call's ids in its metadata.
fn marked<T>(context: &RpcContext, outcome: Outcome<T>) -> Result<Response<T>, Status> {
    match outcome {
        Ok(Answer { reply, operation, wait, .. }) => {
            let mut response = Response::new(reply);
            put_retry_after(response.metadata_mut(), wait);
            mark(response.metadata_mut(), context, operation);
            Ok(response)
        }
        Err(Failed { error, operation, .. }) => {
            let mut status = status(&error, &context.request_id);
            mark(status.metadata_mut(), context, operation);
            Err(status)
        }
    }
}

fn mark(metadata: &mut MetadataMap, context: &RpcContext, operation: Option<OperationId>) {
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = MetadataValue::try_from(value) {
            metadata.insert(name, value);
        }
    };
    put("x-request-id", &context.request_id);
    if let Some(operation) = operation {
        put("x-operation-id", &operation.to_string());
    }
}
