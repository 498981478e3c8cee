//! The one engine: how instances of components are pooled and interrupted. Which components there are is not known here;
//! their code is made in `compile`.

use std::os::unix::fs::DirBuilderExt as _;
use std::time::Duration;

use anyhow::Context as _;
use patchbay_core::Domain;
use wasmtime::{Enabled, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::compile;
use super::config::Config;

/// How often a running guest can be stopped: its slice of a thread, and the unit in which its CPU time is counted.
pub(super) const TICK: Duration = Duration::from_millis(5);

/// The cache directory's mode, where the host makes it: its owner's alone.
const PRIVATE: u32 = 0o700;

/// Core modules and tables that one component may consist of; ours are made of one and a few small adapters.
const CORE_INSTANCES_PER_COMPONENT: u32 = 8;

/// What a slot of the pool keeps in RAM of a call's memory and of its tables, each. It is written over before the next
/// call; giving it back to the kernel and faulting it in again costs every call.
const KEPT_BYTES: usize = 512 << 10;

/// Makes the engine and starts its clock, which stops with the last engine.
///
/// # Errors
/// When the cache directory cannot be used or this machine cannot reserve the pool's address space.
pub(super) fn start(config: &Config) -> anyhow::Result<Engine> {
    // What is in it is run: nobody else may put anything there.
    let mut directory = std::fs::DirBuilder::new();
    directory.recursive(true).mode(PRIVATE);
    directory
        .create(&config.cache_directory)
        .with_context(|| format!("plugin.cache_directory {}", config.cache_directory.display()))?;
    let mut wasm = compile::config(&config.cache_directory)?;
    wasm.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(config)));
    let engine =
        Engine::new(&wasm).map_err(anyhow::Error::from).context("the component engine cannot start")?;
    let weak = engine.weak();
    let clock = std::thread::Builder::new().name("epoch".into());
    clock.spawn(move || tick(&weak)).context("the engine's clock cannot start")?;
    Ok(engine)
}

#[expect(clippy::disallowed_methods, reason = "a thread of its own: no call runs on it")]
fn tick(engine: &EngineWeak) {
    while let Some(engine) = engine.upgrade() {
        engine.increment_epoch();
        drop(engine);
        std::thread::sleep(TICK);
    }
}

/// Room for every domain at its limit, and for the instances that are kept.
fn pool(config: &Config) -> PoolingAllocationConfig {
    let calls = (config.calls_max * Domain::ALL.len()).saturating_add(config.instances.kept_max);
    let calls = u32::try_from(calls).unwrap_or(u32::MAX);
    // One that has waited for something within a call may keep two: that on which it waited, and one to go on with.
    let stacks = calls.saturating_add(u32::try_from(config.instances.kept_max).unwrap_or(u32::MAX));
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(calls)
        .total_memories(calls)
        .total_stacks(stacks)
        .total_core_instances(calls.saturating_mul(CORE_INSTANCES_PER_COMPONENT))
        .total_tables(calls.saturating_mul(CORE_INSTANCES_PER_COMPONENT))
        .max_memory_size(config.memory_bytes_max)
        .linear_memory_keep_resident(KEPT_BYTES)
        .table_keep_resident(KEPT_BYTES)
        .pagemap_scan(Enabled::Auto);
    pool
}
