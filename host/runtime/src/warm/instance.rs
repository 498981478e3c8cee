//! One instance in its store, for one call after the other. Whether there is another call for it is known in `pool`.

use std::sync::Arc;

use wasmtime::component::InstancePre;
use wasmtime::{Store, component};

use super::config::ReuseLimits;
use crate::context::CallContext;
use crate::domain::Exports;
use crate::state::CallState;

/// See the module.
pub(crate) struct Instance {
    pub(crate) store: Store<CallState>,
    alive: Option<Alive>,
    uses: u32,
    /// Its component holds further calls back.
    pub(crate) holds_back: bool,
}

/// What it was when it had come to life and served nobody yet.
#[derive(Clone, Copy)]
pub(crate) struct Alive {
    pub(crate) instance: component::Instance,
    /// One of its functions, to ask whether it takes calls.
    pub(crate) function: component::Func,
    /// What wasmtime keeps for tasks of the guest's.
    tasks: usize,
    memory_bytes: usize,
}

impl Instance {
    /// In a store that is made for its first call.
    pub(crate) fn new(store: Store<CallState>) -> Self {
        Self { store, alive: None, uses: 0, holds_back: false }
    }

    /// The instance, brought to life for its first call.
    ///
    /// # Errors
    /// It traps at its start.
    pub(crate) async fn alive(
        &mut self,
        linked: &InstancePre<CallState>,
        exports: &Exports,
    ) -> wasmtime::Result<Alive> {
        if let Some(alive) = self.alive {
            return Ok(alive);
        }
        let instance = linked.instantiate_async(&mut self.store).await?;
        let function = exports.function(&mut self.store, &instance)?;
        let tasks = self.store.concurrent_state_table_size();
        let alive = Alive { instance, function, tasks, memory_bytes: self.memory_bytes() };
        self.alive = Some(alive);
        Ok(alive)
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
    /// on with something, holds calls back, has hit a bound or has grown may not.
    pub(crate) fn rest(&mut self, nobody: &Arc<CallContext>, limits: &ReuseLimits) -> bool {
        self.uses += 1;
        let at_rest = self.store.data().is_at_rest() && !self.holds_back;
        self.store.data_mut().renew(Arc::clone(nobody));
        // Made for wasmtime's own tests of the same: whether anything is left of a guest's tasks.
        let tasks = self.store.concurrent_state_table_size();
        let memory_bytes = self.memory_bytes();
        self.alive.is_some_and(|alive| {
            let grown = memory_bytes.saturating_sub(alive.memory_bytes);
            at_rest && tasks == alive.tasks && grown <= limits.growth_bytes_max && self.uses < limits.uses_max
        })
    }
}
