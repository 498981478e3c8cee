//! The context of one call: who calls, what for, until when. It goes from the port to the upstream; nothing is looked up or
//! decided here.

use std::sync::{Arc, OnceLock};

use patchbay_core::OperationId;
use patchbay_durable::membership::Lease;
use patchbay_tenants::auth::Permit;
use tokio::time::Instant;

use super::contract::types::Context;
use super::purpose::{Placeholder, Purpose};

/// One call of the platform, as far as plugins are concerned: who, what for, until when.
#[derive(Clone)]
pub struct CallContext {
    /// Who, and that they may.
    pub permit: Permit,
    /// What for.
    pub(crate) purpose: Purpose,
    /// It is a part of what has been let in before, as what a plugin at work asks another one: it waits for a place however
    /// many do.
    pub(crate) admitted: bool,
    /// The generation that served it, for the metrics and the log: set by the first one.
    pub served: Arc<OnceLock<Arc<str>>>,
}

impl CallContext {
    /// A call that looks and changes nothing.
    #[must_use]
    pub fn read(permit: Permit) -> Self {
        Self::of(permit, Purpose::Read)
    }

    /// A step of an operation that is carried under this lease.
    #[must_use]
    pub fn of_operation(permit: Permit, id: OperationId, lease: &Arc<Lease>) -> Self {
        Self::of(permit, Purpose::Operation(id, Arc::clone(lease)))
    }

    /// A call that makes a tenant's account, or removes it.
    #[must_use]
    pub fn registration(permit: Permit, secret: Option<Placeholder>) -> Self {
        Self::of(permit, Purpose::Registration(secret))
    }

    /// The same, told to `served` by the label of the generation that answers it.
    #[must_use]
    pub fn served_by(self, served: &Arc<OnceLock<Arc<str>>>) -> Self {
        Self { served: Arc::clone(served), ..self }
    }

    /// The same as a part of what was let in before: it waits for a place however many do.
    #[must_use]
    pub fn admitted(self) -> Self {
        Self { admitted: true, ..self }
    }

    fn of(permit: Permit, purpose: Purpose) -> Self {
        Self { permit, purpose, admitted: false, served: Arc::default() }
    }

    /// Whether it may change something.
    pub(crate) fn may_change(&self) -> bool {
        self.purpose.changes()
    }

    /// What the plugin is told of it.
    pub(crate) fn for_plugin(&self, region: &str) -> Context {
        let left = self.permit.deadline().saturating_duration_since(Instant::now());
        Context {
            tenant_id: self.permit.tenant_id().map(|id| id.to_string()).unwrap_or_default(),
            user_id: self.permit.user_id().to_owned(),
            region: region.to_owned(),
            request_id: self.permit.request_id().to_owned(),
            operation_id: self.purpose.operation().map(|id| id.to_string()),
            deadline_ms: u32::try_from(left.as_millis()).unwrap_or(u32::MAX),
            project_id: self.permit.tenant().map(|tenant| tenant.account().project_id.clone()),
            mark: self.permit.mark().map(|mark| mark.to_string()).unwrap_or_default(),
        }
    }
}
