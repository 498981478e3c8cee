//! An operation as a message: what the platform may know of it, which a ticket is no part of.

use jiff::Timestamp;
use patchbay_durable::journal::OrphanedResource;
use patchbay_operations::{Failure, Operation};
use patchbay_proto::operation as wire;

use crate::grpc::convert::Convert;

impl Convert<Operation> for wire::Operation {
    fn convert(operation: Operation) -> Self {
        let (created_time, updated_time) = (time(operation.created_at), time(operation.updated_at));
        // Where the backend tells none, the last change of what has ended is its end.
        let ended = operation.state.ended().then(|| updated_time.clone());
        Self {
            operation_id: operation.id.to_string(),
            state: operation.state.as_str().to_owned(),
            step: operation.step,
            percent: operation.percent.map(i32::from),
            method: operation.origin.method,
            domain: operation.origin.domain,
            region: operation.origin.region,
            resource_id: operation.resource_id.unwrap_or_default(),
            request_id: operation.origin.request_id,
            error: operation.failure.map(wire::operation::Error::convert),
            message: operation.message.unwrap_or_default(),
            cancel_requested: operation.cancel_requested,
            created_time,
            updated_time,
            finished_time: operation.finished_at.or(ended).unwrap_or_default(),
            leftovers: operation.leftovers.into_iter().map(wire::operation::Leftover::convert).collect(),
        }
    }
}

impl Convert<Failure> for wire::operation::Error {
    fn convert(failure: Failure) -> Self {
        Self { code: failure.kind.code(), msg: failure.message }
    }
}

impl Convert<OrphanedResource> for wire::operation::Leftover {
    fn convert(OrphanedResource { upstream, path, id }: OrphanedResource) -> Self {
        Self { upstream, path, id }
    }
}

/// To the millisecond, as it is kept: what a list is asked for then finds it again.
fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map(|at| format!("{at:.3}")).unwrap_or_default()
}
