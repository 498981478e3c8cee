//! How operations are carried on, followed and kept: the table `operation` of the configuration.

use anyhow::ensure;
use schemars::JsonSchema;
use serde::Deserialize;

/// How operations are carried on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How long a call waits for the end of what it began, before it answers with how things stand.
    pub inline_wait_ms: u64,
    /// The first wait between two looks at the backend; each is half as long again as the one before.
    pub poll_ms_min: u64,
    /// The longest wait between two looks at the backend.
    pub poll_ms_max: u64,
    /// The longest operation, counted while a host runs; then it is undone, for which it has as long again.
    pub lifetime_ms_max: u64,
    /// How long the host goes on looking for what a broken-off call made: a backend may still be acting on a request whose
    /// answer was lost.
    pub settle_ms: u64,
    /// Operations at once; one more is refused.
    pub running_max: usize,
    /// How many of those may be one tenant's; one more is RESOURCE_EXHAUSTED.
    pub running_per_tenant_max: usize,
    /// Looks in a row that a defect may spoil; with the last of them the operation is given up and undone.
    pub defects_max: u32,
    /// Operations that may be watched at once.
    pub watchers_max: usize,
    /// How many of those may be one tenant's; one more is RESOURCE_EXHAUSTED.
    pub watchers_per_tenant_max: usize,
    /// How often a watched operation is looked up that another host carries.
    pub watch_poll_ms: u64,
    /// Resources of which the region is remembered, where there are several regions; of others the database is asked.
    pub placements_max: u64,
    /// How long an operation is kept after its end, counted while a host runs.
    pub kept_ms: u64,
    /// How often those that ended longer ago are removed, and what the journal and the idempotency keys keep no longer.
    pub prune_interval_ms: u64,
    /// How many of each are removed by one statement; as many statements follow as there is something left to remove.
    pub prune_max: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            inline_wait_ms: 20_000,
            poll_ms_min: 200,
            poll_ms_max: 5_000,
            lifetime_ms_max: 3_600_000,
            settle_ms: 10_000,
            running_max: 10_000,
            running_per_tenant_max: 1_000,
            defects_max: 5,
            watchers_max: 1_000,
            watchers_per_tenant_max: 100,
            watch_poll_ms: 1_000,
            placements_max: 100_000,
            kept_ms: 30 * 24 * 3_600_000,
            prune_interval_ms: 600_000,
            prune_max: 1_000,
        }
    }
}

impl Config {
    /// Whether it holds together.
    ///
    /// # Errors
    /// It does not; the error names the key.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.poll_ms_min > 0 && self.poll_ms_min <= self.poll_ms_max,
            "operation.poll_ms_min must be at least 1 and at most operation.poll_ms_max"
        );
        ensure!(self.watch_poll_ms > 0, "operation.watch_poll_ms must be at least 1");
        ensure!(self.prune_interval_ms > 0, "operation.prune_interval_ms must be at least 1");
        ensure!(self.prune_max > 0, "operation.prune_max must be at least 1");
        Ok(())
    }
}
