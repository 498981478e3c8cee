//! Takes up operations that nobody carries: those that this host's predecessor left, and those of a host that has stopped
//! or died. Who is dead is found out in `membership` of `patchbay-durable`.

use std::sync::Arc;

use patchbay_core::error::Error;
use tokio::sync::watch;

use super::Runner;
use super::progress::Progress;

/// Operations read at a time.
const FREE_ROWS: u32 = 1_000;

impl Runner {
    /// Takes up every operation that nobody carries now.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer, or has not lately.
    pub async fn resume(self: &Arc<Self>) -> Result<(), Error> {
        let lease = self.membership.lease().await?;
        let store = self.services.store.of_host(lease.host());
        // Those that another host takes first are free no longer.
        while !self.services.stop.is_cancelled() {
            let free = store.free(FREE_ROWS).await?;
            if free.is_empty() {
                break;
            }
            for free in &free {
                let Some(operation) = store.adopt(free).await? else { continue };
                tracing::info!(operation = %operation.id, state = operation.state.as_str(), "taken up");
                let (tell, _) = watch::channel(Progress::Beginning);
                let share = self.running.count(operation.origin.tenant_id);
                self.spawn(Arc::clone(&lease), operation, (None, share), tell, |carrier| {
                    Box::pin(carrier.take_up())
                });
            }
        }
        Ok(())
    }

    /// The same after each look at the other hosts, until the runner stops.
    pub async fn adopt(self: Arc<Self>) {
        let mut looks = self.membership.looks();
        loop {
            tokio::select! {
                () = self.services.stop.cancelled() => return,
                Ok(()) = looks.changed() => {}
            }
            if let Err(error) = self.resume().await {
                tracing::warn!(error = %error.chain(), "operations that nobody carries are not taken up now");
            }
        }
    }
}
