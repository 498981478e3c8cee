//! Removes operations that ended long ago, calls of the journal and idempotency keys, now and then and a batch at a time. An
//! operation that goes on is never removed, and where resources are is remembered longer than the operation that made them.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::error::Error;
use tokio::time::{MissedTickBehavior, interval};

use super::Runner;

impl Runner {
    /// Goes on until the runner stops.
    pub async fn prune(self: Arc<Self>) {
        let mut turn = interval(Duration::from_millis(self.services.config.prune_interval_ms));
        turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.services.stop.cancelled() => return,
                _ = turn.tick() => {}
            }
            if let Err(error) = self.prune_once().await {
                tracing::warn!(error = %error.chain(), "what is old is not removed now");
            }
        }
    }

    async fn prune_once(&self) -> Result<(), Error> {
        let kept = i64::try_from(self.services.config.kept_ms).unwrap_or(i64::MAX);
        let batch_max = self.services.config.prune_max;
        let operations = self.in_batches(|| self.services.store.prune(kept, batch_max)).await?;
        let calls = self.in_batches(|| self.services.plugins.journal().prune(batch_max)).await?;
        let keys = self.in_batches(|| self.keys.prune(batch_max)).await?;
        if operations + calls + keys > 0 {
            tracing::info!(
                operations,
                calls,
                keys,
                "removed operations that ended long ago, calls of the journal and idempotency keys"
            );
        }
        Ok(())
    }

    /// Removes one batch after the other, until one was not full; how many in all.
    async fn in_batches<F>(&self, remove: impl Fn() -> F) -> Result<u64, Error>
    where
        F: Future<Output = Result<u64, Error>>,
    {
        let mut removed = 0;
        while !self.services.stop.is_cancelled() {
            let batch = remove().await?;
            removed += batch;
            if batch < u64::from(self.services.config.prune_max) {
                break;
            }
        }
        Ok(removed)
    }
}
