//! A generation: one component with what it is lent, immutable once it is made. Which of them answers is not known here.

use std::ops::Deref;
use std::sync::Arc;

use tokio_util::task::task_tracker::TaskTrackerToken;
use wasmtime::component::{Component, InstancePre};

use super::activity::{Activity, Outcomes};
use super::component_file::ComponentFile;
use super::domain::Exports;
use super::grant::Grant;
use super::state::CallState;

/// One component at work.
#[derive(Clone)]
pub struct Generation {
    /// Counts up over the life of the host.
    pub number: u64,
    /// Which component it is, and what it is lent.
    pub grant: Arc<Grant>,
    /// As its `about` says.
    pub version: String,
    pub(crate) exports: Exports,
    pub(crate) linked: InstancePre<CallState>,
    /// The file, for the day when it is switched back to.
    pub file: Arc<ComponentFile>,
    pub(crate) activity: Arc<Activity>,
}

impl Deref for Generation {
    type Target = Grant;

    fn deref(&self) -> &Grant {
        &self.grant
    }
}

impl Generation {
    /// The same under the version that it says it has.
    #[must_use]
    pub fn versioned(self, version: String) -> Self {
        Self { version, ..self }
    }

    /// Calls that it is answering now.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.activity.calls()
    }

    /// Operations that it carries now.
    #[must_use]
    pub fn operations(&self) -> usize {
        self.activity.operations()
    }

    /// Its code, and the linear memory of its instances, at work or kept.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let code = self.linked.component().image_range();
        let code = (code.end as usize).saturating_sub(code.start as usize);
        (code + self.activity.memory_bytes()) as u64
    }

    /// How it failed a call last.
    #[must_use]
    pub fn last_error(&self) -> Option<String> {
        self.activity.last_error()
    }

    /// How its calls ended since it was made.
    #[must_use]
    pub fn outcomes(&self) -> Outcomes {
        self.activity.outcomes()
    }

    /// Its compiled code.
    #[must_use]
    pub fn component(&self) -> &Component {
        self.linked.component()
    }

    /// Counts an operation as carried by it, as long as the guard lives.
    #[must_use]
    pub fn hold(self: &Arc<Self>) -> OperationGuard {
        OperationGuard { _counted: self.activity.operation(), generation: Arc::clone(self) }
    }

    /// Waits until it has no calls and carries no operations.
    pub async fn ended(&self) {
        self.activity.ended().await;
    }

    /// Ends its calls; how many there were, and some of their request ids.
    pub async fn cut_off(&self) -> (usize, Vec<String>) {
        self.activity.cut_off().await
    }
}

/// An operation's hold on the generation that carries it.
pub struct OperationGuard {
    /// That generation.
    pub generation: Arc<Generation>,
    _counted: TaskTrackerToken,
}
