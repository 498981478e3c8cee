//! `patchbay.operation.v1.OperationService`: what became of a call's work, and giving it up. Operations are carried on in
//! `patchbay-operations`.

mod record;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use jiff::Timestamp;
use patchbay_core::error::Error;
use patchbay_core::{Domain, OperationId};
use patchbay_operations::{Filter, State, Watch};
use patchbay_proto::operation::operation_service_server::OperationService;
use patchbay_proto::operation::{
    CancelOperationReq, GetOperationReq, ListOperationsReq, ListOperationsRes, Operation, OperationRes,
    WatchOperationReq,
};
use tonic::{Request, Response, Status};

use super::outcome::{Answer, Failed};
use super::reply::status;
use super::{Api, check};
use crate::grpc::convert::Convert;

#[tonic::async_trait]
impl OperationService for Api {
    type WatchOperationStream = BoxStream<'static, Result<Operation, Status>>;

    async fn get_operation(
        &self,
        request: Request<GetOperationReq>,
    ) -> Result<Response<OperationRes>, Status> {
        self.handle(request, async |call, request| {
            let operation = self.operations.get(&call.permit, id(&request.operation_id)?).await?;
            Ok(OperationRes { operation: Some(Convert::convert(operation)), ..Default::default() })
        })
        .await
    }

    async fn list_operations(
        &self,
        request: Request<ListOperationsReq>,
    ) -> Result<Response<ListOperationsRes>, Status> {
        self.handle(request, async |call, request| {
            let page = check::page(request.page_number, request.page_size)?;
            let filter = filter(&request)?;
            let found = self.operations.list(&call.permit, &filter, (page.number, page.size)).await?;
            let operations = found.into_iter().map(Operation::convert).collect();
            Ok(ListOperationsRes { operations, ..Default::default() })
        })
        .await
    }

    async fn watch_operation(
        &self,
        request: Request<WatchOperationReq>,
    ) -> Result<Response<Self::WatchOperationStream>, Status> {
        self.handle_plain(request, async |call, request| {
            let mut watch = self.operations.watch(&call.permit, id(&request.operation_id)?)?;
            // Before the stream begins, so that an operation that is none is a failure of the call.
            let first = watch.next().await?.map(|first| Ok(Convert::convert(first)));
            let changes = changes(watch, call.context.request_id.clone());
            let ended = self.stopping.clone().cancelled_owned();
            Ok(stream::iter(first).chain(changes).take_until(ended).boxed())
        })
        .await
    }

    async fn cancel_operation(
        &self,
        request: Request<CancelOperationReq>,
    ) -> Result<Response<OperationRes>, Status> {
        self.handle(request, async |call, request| {
            let id = id(&request.operation_id)?;
            let cancelled = self.operations.cancel(&call.permit, id, self.answer_by(call)).await;
            let operation = cancelled.map_err(|error| Failed::of(id, error))?;
            let goes_on = matches!(operation.state, State::Beginning | State::Running);
            let note =
                goes_on.then(|| "Accepted; the operation is given up after its present step.".to_owned());
            let reply = OperationRes { operation: Some(Convert::convert(operation)), ..Default::default() };
            Ok(Answer::from(reply).of(id, false).noting(note))
        })
        .await
    }
}

/// What follows the first state. A failure ends it: whoever watches may begin again.
fn changes(watch: Watch, request_id: String) -> BoxStream<'static, Result<Operation, Status>> {
    let next = async |(mut watch, request_id): (Watch, String)| {
        let next = watch.next().await.map_err(|error| status(&error, &request_id)).transpose()?;
        Some((next.map(Operation::convert), (watch, request_id)))
    };
    stream::unfold((watch, request_id), next).boxed()
}

fn id(text: &str) -> Result<OperationId, Error> {
    let text = check::id("operation_id", text)?;
    text.parse().map_err(|_| Error::invalid("operation_id is \"op-\" and a UUID."))
}

fn filter(request: &ListOperationsReq) -> Result<Filter, Error> {
    let (states, domains) = (State::ALL.map(State::as_str), Domain::ALL.map(Domain::as_str));
    let text = |field, value: &str| wanted(value, |value| check::text(field, value));
    Ok(Filter {
        state: wanted(&request.state, |word| check::one_of("state", word, &states))?,
        resource_id: text("resource_id", &request.resource_id)?,
        method: text("method", &request.method)?,
        domain: wanted(&request.domain, |word| check::one_of("domain", word, &domains))?,
        created: time("created_from", &request.created_from)?.unwrap_or(i64::MIN)
            ..time("created_to", &request.created_to)?.unwrap_or(i64::MAX),
    })
}

/// Empty: any.
fn wanted<T>(value: &str, check: impl FnOnce(&str) -> Result<T, Error>) -> Result<Option<T>, Error> {
    if value.is_empty() { Ok(None) } else { check(value).map(Some) }
}

/// RFC 3339 in milliseconds since 1970-01-01T00:00:00Z.
fn time(field: &str, value: &str) -> Result<Option<i64>, Error> {
    let no_time = |_| Error::invalid(format!("{field} must be a time as \"2026-01-31T12:00:00Z\"."));
    wanted(value, |value| value.parse::<Timestamp>().map(Timestamp::as_millisecond).map_err(no_time))
}
