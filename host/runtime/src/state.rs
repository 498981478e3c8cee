//! What the store of one call holds: who calls, on which generation, and how much of its bounds is used.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use patchbay_core::OperationId;
use patchbay_durable::membership::Lease;
use patchbay_tenants::auth::Permit;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use wasmtime::{ResourceLimiter, StoreContextMut, UpdateDeadline};

use super::activity::Held;
use super::contract::types::Context;
use super::engine::TICK;
use super::generation::Generation;
use super::grant::Grant;
use super::purpose::{Placeholder, Purpose};
use super::runtime::Runtime;
use crate::capability::{Logged, Pending};

/// Entries of a component's tables: what its indirect calls need, far below the pool's own limit.
const TABLE_ELEMENTS_MAX: usize = 20_000;

/// One call of the platform, as far as plugins are concerned.
#[derive(Clone)]
pub struct Call {
    /// Who, and that they may.
    pub permit: Permit,
    /// What for.
    pub(crate) purpose: Purpose,
    /// Empty where the request names none: the domain's first.
    pub region: String,
    /// The generation that must answer; absent: the active one.
    pub on: Option<Arc<Generation>>,
    /// It is a part of what has been let in before, as what a plugin at work asks another one: it waits for a place however
    /// many do.
    pub(crate) admitted: bool,
    /// The generation that served it, for the metrics and the log: set by the first one.
    pub served: Arc<OnceLock<Arc<str>>>,
}

impl Call {
    /// A call that looks and changes nothing.
    #[must_use]
    pub fn read(permit: Permit) -> Self {
        Self::to(permit, Purpose::Read)
    }

    /// A step of an operation that is carried under this lease.
    #[must_use]
    pub fn of_operation(permit: Permit, id: OperationId, lease: &Arc<Lease>) -> Self {
        Self::to(permit, Purpose::Operation(id, Arc::clone(lease)))
    }

    /// A call that makes a tenant's account, or removes it.
    #[must_use]
    pub fn registration(permit: Permit, secret: Option<Placeholder>) -> Self {
        Self::to(permit, Purpose::Registration(secret))
    }

    /// The same, told to `served` by the label of the generation that answers it.
    #[must_use]
    pub fn served_by(self, served: &Arc<OnceLock<Arc<str>>>) -> Self {
        Self { served: Arc::clone(served), ..self }
    }

    /// The same, answered by this generation.
    #[must_use]
    pub fn on(self, generation: Arc<Generation>) -> Self {
        Self { on: Some(generation), ..self }
    }

    /// The same in a region; empty means the domain's first.
    #[must_use]
    pub fn in_region(self, region: String) -> Self {
        Self { region, ..self }
    }

    /// The same as a part of what was let in before: it waits for a place however many do.
    #[must_use]
    pub fn admitted(self) -> Self {
        Self { admitted: true, ..self }
    }

    fn to(permit: Permit, purpose: Purpose) -> Self {
        Self { permit, purpose, region: String::new(), on: None, admitted: false, served: Arc::default() }
    }

    /// Whether it may change something.
    pub(crate) fn may_change(&self) -> bool {
        self.purpose.changes()
    }

    /// What the plugin is told.
    pub(crate) fn context(&self, region: &str) -> Context {
        let left = self.permit.deadline().saturating_duration_since(Instant::now());
        Context {
            tenant_id: self.permit.tenant_id().map(|id| id.to_string()).unwrap_or_default(),
            user_id: self.permit.user_id().to_owned(),
            region: region.to_owned(),
            request_id: self.permit.request_id().to_owned(),
            operation_id: self.purpose.operation().map(|id| id.to_string()),
            deadline_ms: u32::try_from(left.as_millis()).unwrap_or(u32::MAX),
            project_id: self.permit.tenant().map(|tenant| tenant.account().project_id.clone()),
            mark: self.permit.mark().map(|mark| mark.to_string()).unwrap_or_default(),
        }
    }
}

/// The `T` of a call's store.
pub struct CallState {
    pub(crate) call: Arc<Call>,
    pub(crate) grant: Arc<Grant>,
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) upstream_places: Arc<Semaphore>,
    /// Made with the first call of the storage plugin.
    pub(crate) storage_places: Option<Arc<Semaphore>>,
    pub(crate) pending: Arc<Pending>,
    pub(crate) logged: Logged,
    pub(crate) usage: Usage,
}

impl CallState {
    pub(super) fn new(call: Call, generation: &Generation, runtime: Arc<Runtime>) -> Self {
        let usage = Usage::new(generation);
        let upstream_places = Arc::new(Semaphore::new(generation.limits.upstream_calls_max));
        Self {
            call: Arc::new(call),
            grant: Arc::clone(&generation.grant),
            runtime,
            upstream_places,
            storage_places: None,
            pending: Arc::default(),
            logged: Logged::default(),
            usage,
        }
    }
}

/// What a call has used of its bounds, and which of them it hit.
pub(crate) struct Usage {
    memory_max: usize,
    ticks_max: u64,
    ticks: u64,
    held: Held,
    pub(crate) hit: Option<&'static str>,
}

impl Usage {
    fn new(generation: &Generation) -> Self {
        let limits = &generation.limits;
        let ticks_max = Duration::from_millis(limits.cpu_ms_max).as_millis() / TICK.as_millis();
        let ticks_max = u64::try_from(ticks_max).unwrap_or(u64::MAX).max(1);
        let held = Held::new(&generation.activity);
        Self { memory_max: limits.memory_bytes_max, ticks_max, ticks: 0, held, hit: None }
    }
}

/// Called at each tick of the engine's clock that finds the guest running: lets others run, until the limit.
pub(super) fn on_tick(mut store: StoreContextMut<'_, CallState>) -> wasmtime::Result<UpdateDeadline> {
    let usage = &mut store.data_mut().usage;
    usage.ticks += 1;
    if usage.ticks > usage.ticks_max {
        usage.hit = Some("cpu");
        wasmtime::bail!("the call used more CPU time than plugin.cpu_ms_max allows");
    }
    // Not only when it next waits: it may have thousands more to begin before.
    if let Some(over) = store.data().pending.is_over() {
        wasmtime::bail!("{over}");
    }
    // Tokio's own way to yield: where it is a thread of the runtime's, that looks for what has come in before the guest goes
    // on. With wasmtime's it looks after so many turns, and guests that never rest would take all of them.
    Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
}

impl ResourceLimiter for Usage {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _max: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let fits = desired <= self.memory_max;
        if fits {
            self.held.more(desired.saturating_sub(current));
        } else {
            self.hit = Some("memory");
        }
        Ok(fits)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _max: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS_MAX)
    }
}
