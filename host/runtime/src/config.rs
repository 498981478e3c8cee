//! `[plugin]`: the bounds of plugins, and where they are. What is done with each bound is beside what it bounds.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::cache::Bounds;
use super::compile::Compiler;
use super::warm::{InstancesConfig, ReuseLimits};

/// Bounds of plugins, and where they are.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Holds `NAME.wasm`, one component a file. It is watched.
    pub directory: PathBuf,
    /// Compiled components, kept from start to start, by digest and wasmtime's version; wasmtime removes what has been
    /// unused for longest. Nobody but the host may write there.
    pub cache_directory: PathBuf,
    /// Linear memory of one call.
    pub memory_bytes_max: usize,
    /// CPU time of one call; waiting does not count.
    pub cpu_ms_max: u64,
    /// What a call may compute on the host's own threads; then it goes on in the background.
    pub foreground_ms_max: u64,
    /// Threads of the background; 0: half of the processor's cores. One domain has all but one of them at once.
    pub background_threads: usize,
    /// How much those threads stand back behind the host's own: Unix's nice, 0 to 19.
    pub background_nice: i32,
    /// Time of one call, waiting included.
    pub call_ms_max: u64,
    /// Calls of one domain at work at once.
    pub calls_max: usize,
    /// How many of those may be one tenant's. A quarter: however slowly its backend answers, others work. Raise it where a
    /// host serves few tenants.
    pub calls_per_tenant_max: usize,
    /// Calls of one domain that may wait for one of those places; one more is refused as busy.
    pub queue_max: usize,
    /// How many of those may be one tenant's; one more is RESOURCE_EXHAUSTED.
    pub queue_per_tenant_max: usize,
    /// The largest component.
    pub file_bytes_max: u64,
    /// How long the directory and the configuration file must have been left alone before what changed there is read.
    pub settle_ms: u64,
    /// What all plugins together may cache, for all tenants.
    pub cache_bytes_max: u64,
    /// How much of that may be one tenant's; what is beyond is not kept.
    pub cache_bytes_per_tenant_max: usize,
    /// The largest cached value.
    pub cache_value_bytes_max: usize,
    /// Lines that one call may log.
    pub log_lines_max: u32,
    /// The longest line that a plugin logs, its message and its fields together; what is beyond is cut.
    pub log_bytes_max: usize,
    /// Bytes of all lines that one call may log.
    pub log_call_bytes_max: usize,
    /// Backend calls at once within one call; one more waits.
    pub upstream_calls_max: usize,
    /// Calls of the storage plugin at once within one call of a compute plugin; one more is refused.
    pub storage_calls_max: usize,
    /// What one call may have begun and not yet got: calls of backends and other plugins, waits. A call that begins more is
    /// ended.
    pub pending_max: usize,
    /// Bytes of those requests together; a call that begins more is ended.
    pub pending_bytes_max: usize,
    /// What a plugin may hand to the host at once, as an answer or as a request to a backend. A client of gRPC takes no more
    /// than 4 MiB, unless it was told to.
    pub transfer_bytes_max: usize,
    /// The longest admission of a new file.
    pub admission_ms_max: u64,
    /// How long what a generation has begun may go on when another one serves.
    pub drain_timeout_ms: u64,
    /// Ended generations that a domain's region keeps to switch back to.
    pub retained_max: usize,
    /// Generations that are remembered, those that were refused or let go included.
    pub records_max: usize,
    /// Events that are kept for those who come to watch.
    pub events_max: usize,
    /// Those who may watch events at once.
    pub event_watchers_max: usize,
    /// Tenants that may be pinned to a generation, in one domain and region.
    pub pins_max: usize,
    /// Instances that have served a call, and may serve another.
    pub instances: InstancesConfig,
    /// Compiles components in a process of its own; absent: the host's own process does. Not a setting: whoever makes a
    /// program of the host knows what it can start.
    #[serde(skip)]
    pub compiler: Option<Compiler>,
}

/// What one call may use, and what becomes of its instance. A generation has its own, so that a change of them is admitted as any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the key of that name")]
pub struct Limits {
    pub memory_bytes_max: usize,
    pub cpu_ms_max: u64,
    pub call_ms_max: u64,
    pub log_lines_max: u32,
    pub log_bytes_max: usize,
    pub log_call_bytes_max: usize,
    pub upstream_calls_max: usize,
    pub storage_calls_max: usize,
    pub pending_max: usize,
    pub pending_bytes_max: usize,
    pub transfer_bytes_max: usize,
    pub instances: ReuseLimits,
}

impl Config {
    /// The part of it that concerns one call.
    pub fn limits(&self) -> Limits {
        Limits {
            memory_bytes_max: self.memory_bytes_max,
            cpu_ms_max: self.cpu_ms_max,
            call_ms_max: self.call_ms_max,
            log_lines_max: self.log_lines_max,
            log_bytes_max: self.log_bytes_max,
            log_call_bytes_max: self.log_call_bytes_max,
            upstream_calls_max: self.upstream_calls_max,
            storage_calls_max: self.storage_calls_max,
            pending_max: self.pending_max,
            pending_bytes_max: self.pending_bytes_max,
            transfer_bytes_max: self.transfer_bytes_max,
            instances: self.instances.limits(),
        }
    }

    /// The part of it that concerns what plugins keep.
    pub(crate) fn cache_bounds(&self) -> Bounds {
        Bounds {
            bytes_max: self.cache_bytes_max,
            bytes_per_tenant_max: self.cache_bytes_per_tenant_max,
            value_bytes_max: self.cache_value_bytes_max,
        }
    }

    /// Refuses bounds with which nothing could work.
    pub fn check(&self) -> anyhow::Result<()> {
        for (key, bound) in [
            ("calls_max", self.calls_max),
            ("calls_per_tenant_max", self.calls_per_tenant_max),
            ("upstream_calls_max", self.upstream_calls_max),
            ("pending_max", self.pending_max),
            ("records_max", self.records_max),
            ("events_max", self.events_max),
            ("instances.uses_max", self.instances.uses_max as usize),
        ] {
            anyhow::ensure!(bound > 0, "plugin.{key} must be at least 1");
        }
        anyhow::ensure!((0..=19).contains(&self.background_nice), "plugin.background_nice must be 0 to 19");
        Ok(())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            directory: PathBuf::from("plugins"),
            cache_directory: PathBuf::from("plugin-cache"),
            memory_bytes_max: 64 << 20,
            cpu_ms_max: 1_000,
            foreground_ms_max: 5,
            background_threads: 0,
            background_nice: 10,
            call_ms_max: 60_000,
            calls_max: 128,
            calls_per_tenant_max: 32,
            queue_max: 1_024,
            queue_per_tenant_max: 256,
            file_bytes_max: 64 << 20,
            settle_ms: 100,
            cache_bytes_max: 64 << 20,
            cache_bytes_per_tenant_max: 16 << 20,
            cache_value_bytes_max: 1 << 20,
            log_lines_max: 100,
            log_bytes_max: 4_096,
            log_call_bytes_max: 64 << 10,
            upstream_calls_max: 16,
            storage_calls_max: 32,
            pending_max: 1_024,
            pending_bytes_max: 16 << 20,
            transfer_bytes_max: 4 << 20,
            admission_ms_max: 30_000,
            drain_timeout_ms: 30_000,
            retained_max: 4,
            records_max: 200,
            events_max: 500,
            event_watchers_max: 64,
            pins_max: 1_000,
            instances: InstancesConfig::default(),
            compiler: None,
        }
    }
}
