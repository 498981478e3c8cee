//! What a store holds: the context of the call that is in it, what is lent to that, and how much of its bounds is used.

use std::any::Any;
use std::sync::{Arc, Weak};

use futures::future::BoxFuture;
use patchbay_core::error::Error;
use tokio::sync::Semaphore;
use wasmtime::component::{Accessor, Instance};
use wasmtime::{StoreContextMut, UpdateDeadline};

use super::activity::Activity;
use super::context::CallContext;
use super::contract::types;
use super::domain::Exports;
use super::grant::Grant;
use super::logged::Logged;
use super::pending::{Begun, Pending};
use super::resources::Resources;
use super::usage::Usage;

/// The `T` of a store.
pub struct CallState {
    pub(crate) context: Arc<CallContext>,
    pub(crate) grant: Arc<Grant>,
    pub(crate) resources: Arc<Resources>,
    /// Not held: an instance that waits for its next call does not keep the runtime.
    pub(crate) storage: Weak<dyn CallStorage>,
    pub(crate) upstream_places: Arc<Semaphore>,
    /// Made with the first call of the storage plugin.
    pub(crate) storage_places: Option<Arc<Semaphore>>,
    pub(crate) pending: Arc<Pending>,
    pub(crate) logged: Logged,
    pub(crate) usage: Usage,
    /// The functions of the instance that have been called, found and held against their types once for all its calls.
    pub(crate) guests: Vec<Arc<dyn Any + Send + Sync>>,
}

/// What is done with an instance, with its answer in a box: whatever that is, to the runtime all calls are of this type.
pub(crate) type AnyBody =
    Box<dyn for<'a> FnOnce(At<'a>, types::Context) -> BoxFuture<'a, wasmtime::Result<AnyResult>> + Send>;

/// The component's own answer, or its error.
pub(crate) type AnyResult = Result<AnyAnswer, types::Error>;

/// An answer of whatever type.
pub(crate) type AnyAnswer = Box<dyn Any + Send>;

/// An instance at work.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) accessor: &'a Accessor<CallState>,
    pub(crate) exports: &'a Exports,
    pub(crate) instance: Instance,
}

/// How a compute plugin reaches the storage plugin of its region.
pub(crate) trait CallStorage: Send + Sync {
    /// Has the plugin that answers there do what `body` says.
    fn call(
        self: Arc<Self>,
        context: CallContext,
        region: String,
        body: AnyBody,
    ) -> BoxFuture<'static, Result<AnyAnswer, Error>>;
}

impl CallState {
    pub(crate) fn new(
        context: Arc<CallContext>,
        (grant, activity): (&Arc<Grant>, &Arc<Activity>),
        resources: Arc<Resources>,
        storage: Weak<dyn CallStorage>,
    ) -> Self {
        let usage = Usage::new(&grant.limits, activity);
        let upstream_places = Arc::new(Semaphore::new(grant.limits.upstream_calls_max));
        Self {
            context,
            grant: Arc::clone(grant),
            resources,
            storage,
            upstream_places,
            storage_places: None,
            pending: Arc::default(),
            logged: Logged::default(),
            usage,
            guests: Vec::new(),
        }
    }

    /// Another call's. Nothing of the one before is left, and every bound is counted anew but for the memory, which stays.
    pub(crate) fn renew(&mut self, context: Arc<CallContext>) {
        self.context = context;
        self.storage_places = None;
        // What the call before has left to nobody is as good as new.
        if Arc::get_mut(&mut self.upstream_places).is_none() {
            self.upstream_places = Arc::new(Semaphore::new(self.grant.limits.upstream_calls_max));
        }
        if Arc::get_mut(&mut self.pending).is_none_or(|pending| !pending.is_fresh()) {
            self.pending = Arc::default();
        }
        self.logged = Logged::default();
        self.usage.renew();
    }

    /// Whether its call has come to an end with nothing left open and no bound hit.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.usage.hit.is_none() && self.pending.is_empty()
    }

    /// Room for one more request that has so many bytes.
    ///
    /// # Errors
    /// `Busy`; the call ends.
    pub(crate) fn begin(&mut self, bytes: usize) -> Result<Begun, Error> {
        let limits = &self.grant.limits;
        let begun = self.pending.begin(bytes, limits.pending_max, limits.pending_bytes_max);
        begun.inspect_err(|_| self.usage.hit = Some("pending"))
    }
}

/// Called at each tick of the engine's clock that finds the guest running: lets others run, until the limit.
pub(crate) fn on_tick(mut store: StoreContextMut<'_, CallState>) -> wasmtime::Result<UpdateDeadline> {
    if !store.data_mut().usage.tick() {
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
