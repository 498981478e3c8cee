//! What the host has for all components together: what is kept for them, the journal of what they change, and the metrics.

use std::sync::Arc;

use patchbay_durable::journal::Journal;
use patchbay_telemetry::Metrics;

use super::cache::Cache;

/// See the module.
pub(crate) struct Resources {
    pub(crate) cache: Cache,
    /// Of what plugins change in the backends.
    pub(crate) journal: Arc<Journal>,
    pub(crate) metrics: Arc<Metrics>,
}
