//! `[plugin.instances]`: whether an instance of a component serves more than one call, and what of them is kept. How that is
//! done is in `pool`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Instances that have served a call, and may serve another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InstancesConfig {
    /// Whose call an instance may serve that has served one before. A route may say otherwise.
    pub reuse: Reuse,
    /// Calls that an instance serves at most.
    pub uses_max: u32,
    /// How long one is kept that serves nobody.
    pub idle_ms: u64,
    /// One whose memory has grown by more since it was made is not kept.
    pub growth_bytes_max: usize,
    /// Instances of all components together that are kept; one more takes the place of the one unused for longest.
    pub kept_max: usize,
    /// Linear memory of all that are kept.
    pub kept_bytes_max: usize,
}

/// The part of it that concerns the instances of one generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the key of that name")]
pub struct ReuseLimits {
    pub reuse: Reuse,
    pub uses_max: u32,
    pub growth_bytes_max: usize,
}

impl InstancesConfig {
    /// The part of it that concerns the instances of one generation; the other bounds are those of all together.
    pub(crate) fn limits(&self) -> ReuseLimits {
        let Self { reuse, uses_max, growth_bytes_max, .. } = *self;
        ReuseLimits { reuse, uses_max, growth_bytes_max }
    }
}

/// Whose call an instance may serve that has served one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reuse {
    /// The same tenant's: nothing that a component leaves in its memory reaches another tenant.
    Tenant,
    /// Anybody's: a component that keeps something in its memory may show it to another tenant.
    Generation,
    /// Nobody's: each call has a new one.
    Never,
}

impl Default for InstancesConfig {
    fn default() -> Self {
        Self {
            reuse: Reuse::Tenant,
            uses_max: 128,
            idle_ms: 30_000,
            growth_bytes_max: 4 << 20,
            kept_max: 256,
            kept_bytes_max: 256 << 20,
        }
    }
}
