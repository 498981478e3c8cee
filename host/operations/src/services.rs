//! What carrying an operation needs: its rows, the plugins, the tenant's authority, and the bounds. Which operations there
//! are is not known here.

use std::sync::Arc;

use patchbay_core::error::Error;
use patchbay_durable::membership::Lease;
use patchbay_rollout::Plugins;
use patchbay_runtime::CallContext;
use patchbay_tenants::auth::Auth;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Config, Operation, Operations};

/// See the module.
pub(super) struct Services {
    pub(super) store: Operations,
    pub(super) plugins: Arc<Plugins>,
    pub(super) auth: Arc<Auth>,
    pub(super) config: Config,
    /// Nothing waits any more for an operation's next step.
    pub(super) stop: CancellationToken,
}

impl Services {
    /// What a plugin is called with on behalf of an operation: the tenant's authority, time for one call.
    pub(super) async fn call(&self, operation: &Operation, lease: &Arc<Lease>) -> Result<CallContext, Error> {
        let deadline = Instant::now() + self.plugins.call_time();
        let origin = &operation.origin;
        let permit =
            self.auth.resume(origin.tenant_id, &origin.user_id, &origin.request_id, deadline).await?;
        Ok(CallContext::of_operation(permit, operation.id, lease))
    }
}
