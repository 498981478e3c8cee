//! `patchbay.audit.v1.AuditService`: who changed what, for operators. What is written, and when, is in `trail`; how it is kept, in
//! `audit` of `patchbay-durable`.

use jiff::Timestamp;
use patchbay_core::error::Error;
use patchbay_durable::audit::{Filter, Kind, Record};
use patchbay_proto::audit::audit_service_server::AuditService;
use patchbay_proto::audit::{Entry, ListEntriesRequest, ListEntriesResponse};
use patchbay_tenants::auth::scope;
use tonic::{Request, Response, Status};

use super::{Api, check};
use crate::grpc::convert::Convert;

#[tonic::async_trait]
impl AuditService for Api {
    async fn list_entries(
        &self,
        request: Request<ListEntriesRequest>,
    ) -> Result<Response<ListEntriesResponse>, Status> {
        self.handle_operator_plain(scope::Read, request, async |_, _, request| {
            let page = check::page(0, request.page_size)?;
            let found = self.audit.newest(&filter(&request)?, page.size).await?;
            Ok(ListEntriesResponse { entries: found.into_iter().map(Entry::convert).collect() })
        })
        .await
    }
}

fn filter(request: &ListEntriesRequest) -> Result<Filter, Error> {
    Ok(Filter {
        since_ms: time("since_time", &request.since_time)?,
        until_ms: time("until_time", &request.until_time)?,
        kind: kind(&request.kind)?,
        name: check::text("name", &request.name)?,
        action: check::text("action", &request.action)?,
        named: check::text("named", &request.named)?,
        outcome: check::text("outcome", &request.outcome)?,
        request_id: check::optional_id("request_id", &request.request_id)?,
        operation_id: check::optional_id("operation_id", &request.operation_id)?,
        plugin: check::text("plugin", &request.plugin)?,
        before: request.before,
    })
}

fn kind(word: &str) -> Result<Option<Kind>, Error> {
    if word.is_empty() {
        return Ok(None);
    }
    let known = Kind::from_word(word);
    known.map(Some).ok_or_else(|| Error::invalid("kind must be one of change, refusal, event."))
}

fn time(field: &str, text: &str) -> Result<Option<i64>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    let time: Result<Timestamp, _> = text.parse();
    let wrong = |_| Error::invalid(format!("{field} must be a time such as 2026-11-23T21:21:41Z."));
    time.map(|time| Some(time.as_millisecond())).map_err(wrong)
}

impl Convert<Record> for Entry {
    fn convert(record: Record) -> Self {
        Self {
            number: record.number,
            time: Timestamp::from_millisecond(record.at_ms).map(|at| format!("{at:.3}")).unwrap_or_default(),
            kind: record.kind.as_str().to_owned(),
            actor: record.actor.as_str().to_owned(),
            name: record.name,
            platform_userid: record.user_id,
            peer: record.peer,
            action: record.action,
            named: record.named,
            outcome: record.outcome,
            message: record.message,
            request_id: record.request_id,
            operation_id: record.operation_id,
            plugin: record.plugin,
            digest: record.digest,
        }
    }
}
