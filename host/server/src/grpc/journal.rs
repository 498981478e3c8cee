//! `patchbay.journal.v1.JournalService`: what plugins changed in the backends, for the operator. What is written, and when, is
//! in `journal` of `patchbay-durable`.

use jiff::Timestamp;
use patchbay_core::error::Error;
use patchbay_durable::journal::{self, Of};
use patchbay_proto::journal::journal_service_server::JournalService;
use patchbay_proto::journal::list_calls_request::Of as Wanted;
use patchbay_proto::journal::{Call, ListCallsRequest, ListCallsResponse};
use patchbay_tenants::auth::scope;
use tonic::{Request, Response, Status};

use super::{Api, check};
use crate::grpc::convert::Convert;

#[tonic::async_trait]
impl JournalService for Api {
    async fn list_calls(
        &self,
        request: Request<ListCallsRequest>,
    ) -> Result<Response<ListCallsResponse>, Status> {
        self.handle_operator_plain(scope::Read, request, async |_, _, request| {
            let page = check::page(request.page_number, request.page_size)?;
            let of = of(request.of.as_ref())?;
            let calls = self.plugins.journal().calls(of, (page.number, page.size)).await?;
            Ok(ListCallsResponse { calls: calls.into_iter().map(Call::convert).collect() })
        })
        .await
    }
}

fn of(wanted: Option<&Wanted>) -> Result<Of<'_>, Error> {
    match wanted {
        Some(Wanted::RequestId(id)) => check::id("request_id", id).map(|_| Of::Request(id)),
        Some(Wanted::OperationId(id)) => check::id("operation_id", id).map(|_| Of::Operation(id)),
        None => Err(Error::invalid("request_id or operation_id is missing.")),
    }
}

impl Convert<journal::Call> for Call {
    fn convert(call: journal::Call) -> Self {
        let journal::Call { number, sent, outcome, sent_at, took_us } = call;
        Self {
            number,
            request_id: sent.request_id,
            operation_id: sent.operation_id.unwrap_or_default(),
            tenant_id: sent.tenant_id.map(|id| id.to_string()).unwrap_or_default(),
            plugin: sent.plugin,
            digest: sent.digest,
            upstream: sent.upstream,
            method: sent.method,
            path: sent.path,
            status: outcome.status.map(u32::from),
            failure: outcome.failure.unwrap_or_default(),
            backend_request_id: outcome.backend_request_id.unwrap_or_default(),
            ids: outcome.ids,
            sent_time: Timestamp::from_millisecond(sent_at).map(|at| format!("{at:.3}")).unwrap_or_default(),
            took_us,
        }
    }
}
