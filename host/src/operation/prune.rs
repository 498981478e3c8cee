//! Removes what ended long ago, now and then and a batch at a time. One that goes on is never removed, and where resources
//! are is remembered longer than the operation that made them.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::Runner;
use crate::database::now_ms;
use crate::error::Error;

impl Runner {
    /// Goes on until the runner stops.
    pub async fn prune(self: Arc<Self>) {
        let mut turn = interval(Duration::from_millis(self.config.prune_interval_ms));
        turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = turn.tick() => {}
            }
            if let Err(error) = self.prune_once().await {
                tracing::warn!(error = %error.chain(), "ended operations are not removed now");
            }
        }
    }

    async fn prune_once(&self) -> Result<(), Error> {
        let kept = i64::try_from(self.config.kept_ms).unwrap_or(i64::MAX);
        let before = now_ms().saturating_sub(kept);
        let mut removed = 0;
        while !self.stop.is_cancelled() {
            let batch = self.store.prune(before, self.config.prune_max).await?;
            removed += batch;
            if batch < u64::from(self.config.prune_max) {
                break;
            }
        }
        if removed > 0 {
            tracing::info!(removed, "removed operations that ended long ago");
        }
        Ok(())
    }
}
