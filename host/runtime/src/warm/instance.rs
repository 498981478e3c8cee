//! One instance in its store, for one call after the other. Whether there is another call for it is known in `pool`.

use std::sync::Arc;

use wasmtime::component::InstancePre;
use wasmtime::{Store, component};

use super::config::InstancesConfig;
use crate::context::CallContext;
use crate::state::CallState;

/// See the module.
pub(crate) struct Instance {
    pub(crate) store: Store<CallState>,
    alive: Option<Alive>,
    uses: u32,
}

/// What it was when it had come to life and served nobody yet.
#[derive(Clone, Copy)]
struct Alive {
    instance: component::Instance,
    /// What wasmtime keeps for tasks of the guest's.
    tasks: usize,
    memory_bytes: usize,
}

impl Instance {
    /// In a store that is made for its first call.
    pub(crate) fn new(store: Store<CallState>) -> Self {
        Self { store, alive: None, uses: 0 }
    }

    /// The instance, brought to life for its first call.
    ///
    /// # Errors
    /// It traps at its start.
    pub(crate) async fn alive(
        &mut self,
        linked: &InstancePre<CallState>,
    ) -> wasmtime::Result<component::Instance> {
        if let Some(alive) = self.alive {
            return Ok(alive.instance);
        }
        let instance = linked.instantiate_async(&mut self.store).await?;
        let tasks = self.store.concurrent_state_table_size();
        self.alive = Some(Alive { instance, tasks, memory_bytes: self.memory_bytes() });
        Ok(instance)
    }

    /// Its linear memory.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.store.data().usage.memory_bytes()
    }

    /// Gives it to the next call: every bound is counted anew.
    pub(crate) fn serve(&mut self, context: CallContext) {
        self.store.data_mut().renew(Arc::new(context));
        self.store.set_epoch_deadline(1);
    }

    /// Takes the call from it, so that nothing of that is left in the host; whether it may serve another one. One that goes
    /// on with something, has hit a bound or has grown may not.
    pub(crate) fn rest(&mut self, nobody: &Arc<CallContext>, config: &InstancesConfig) -> bool {
        self.uses += 1;
        let at_rest = self.store.data().is_at_rest();
        self.store.data_mut().renew(Arc::clone(nobody));
        let tasks = self.store.concurrent_state_table_size();
        let memory_bytes = self.memory_bytes();
        self.alive.is_some_and(|alive| {
            let grown = memory_bytes.saturating_sub(alive.memory_bytes);
            at_rest && tasks == alive.tasks && grown <= config.growth_bytes_max && self.uses < config.uses_max
        })
    }
}
