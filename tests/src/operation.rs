//! Operations as the database of a deployment tells of them, and waiting for their ends.

use std::time::Duration;

use patchbay_core::OperationId;
use patchbay_operations::{Operation, Operations};

use crate::{Tenant, wait_for};

/// How long an operation may take to end, settling and the time of a real cloud that others use too included.
pub const END_MAX: Duration = Duration::from_secs(120);

/// The tenant's operation, when it has ended.
///
/// # Panics
/// If there is none, or it does not end.
pub async fn ended(operations: &Operations, tenant: &Tenant, id: OperationId) -> Operation {
    let tenant = tenant.id.parse().expect("a tenant's id");
    wait_for("the operation to end", END_MAX, async || {
        let operation = operations.get(tenant, id).await.expect("rows").expect("a row");
        operation.state.ended().then_some(operation)
    })
    .await
}

/// Waits until no operation goes on: one that undoes its work would meet the next fault.
///
/// # Panics
/// If one does not end.
pub async fn all_ended(operations: &Operations) {
    let ended = async || operations.unfinished().await.expect("rows").is_empty().then_some(());
    wait_for("the operations to end", END_MAX, ended).await;
}
