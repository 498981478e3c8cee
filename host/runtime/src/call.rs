//! One call of one component: an instance, fresh or warm, its limits, its deadline, and what the call's end means.

use std::pin::pin;
use std::sync::{Arc, OnceLock, Weak};
use std::task::{self, Waker};
use std::time::Duration;

use futures::future::BoxFuture;
use patchbay_core::error::{Error, Kind};
use patchbay_core::{Domain, text};
use tokio::time::Instant;
use wasmtime::Store;

use super::body::{self, Body};
use super::concurrency::ConcurrencyPermit;
use super::context::CallContext;
use super::contract::types;
use super::domain::{Routed, Service};
use super::generation::Generation;
use super::runtime::Runtime;
use super::share::Share;
use super::state::{AnyAnswer, AnyBody, AnyResult, At, CallState, CallStorage, on_tick};
use super::warm::{Instance, Key};

/// What a caller is told whose call did not end in time.
const CUT: &str = "The plugin was replaced, and the call did not end in time; try again.";

/// What a component holds for each thing that it has begun: the thing itself, what waits for it, and room.
const HANDLES_PER_PENDING: usize = 4;

/// A call and whom it is for: whoever answers the region, or one generation.
pub struct Call {
    context: CallContext,
    /// Empty where the request names none: the domain's first.
    region: String,
    /// The generation that must answer; absent: the active one.
    on: Option<Arc<Generation>>,
}

impl Call {
    /// To whoever answers the region; empty means the domain's first.
    #[must_use]
    pub fn in_region(self, region: String) -> Self {
        Self { region, ..self }
    }

    /// To this generation.
    #[must_use]
    pub fn on(self, generation: Arc<Generation>) -> Self {
        Self { on: Some(generation), ..self }
    }

    /// The same, told to `served` by the label of the generation that answers it.
    #[must_use]
    pub fn served_by(self, served: &Arc<OnceLock<Arc<str>>>) -> Self {
        Self { context: self.context.served_by(served), ..self }
    }
}

impl From<CallContext> for Call {
    fn from(context: CallContext) -> Self {
        Self { context, region: String::new(), on: None }
    }
}

impl CallStorage for Runtime {
    fn call(
        self: Arc<Self>,
        context: CallContext,
        region: String,
        body: AnyBody,
    ) -> BoxFuture<'static, Result<AnyAnswer, Error>> {
        Box::pin(async move {
            let generation = self.routes.resolve(Domain::Storage, &region, context.permit.tenant_id())?;
            in_flight(&self, &generation, context, body).await
        })
    }
}

/// Why a component gave no answer.
enum Broken {
    /// Trapped, or hit one of its bounds.
    Trap(wasmtime::Error, Option<&'static str>),
    Late,
    /// It ended without one, by a defect of the host.
    Lost,
    /// Its generation was replaced, and its time to drain is over.
    Cut,
}

/// Calls `generation` by `body`, which is given the instance and the context to pass on.
///
/// # Errors
/// What the component answers; [`Kind::Internal`] for a trap, [`Kind::Timeout`] past the deadline,
/// [`Kind::Exhausted`] when the tenant's share of the domain's queue is full, [`Kind::Busy`] when the whole queue is, and
/// [`Kind::Unavailable`] when the generation is cut off.
pub async fn call<S: Service, T: Send + 'static>(
    runtime: &Arc<Runtime>,
    generation: &Arc<Generation>,
    context: CallContext,
    body: impl Body<S, T>,
) -> Result<T, Error> {
    body::answer(in_flight(runtime, generation, context, body::any::<S, T>(body)).await?)
}

/// A call of whichever generation answers it, or of the one that it names.
///
/// # Errors
/// As [`call`], and where nobody answers.
pub async fn call_resolved<S: Routed, T: Send + 'static>(
    runtime: &Arc<Runtime>,
    asked: impl Into<Call>,
    body: impl Body<S, T>,
) -> Result<T, Error> {
    let Call { context, region, on } = asked.into();
    let generation = match on {
        Some(generation) => generation,
        None => runtime.routes.resolve(S::DOMAIN, &region, context.permit.tenant_id())?,
    };
    call::<S, T>(runtime, &generation, context, body).await
}

/// Counts the call as its generation's, which may be cut off.
fn in_flight<'a>(
    runtime: &'a Arc<Runtime>,
    generation: &'a Arc<Generation>,
    context: CallContext,
    body: AnyBody,
) -> BoxFuture<'a, Result<AnyAnswer, Error>> {
    Box::pin(async move {
        // Before it waits for a place: who waits is to be drained as well.
        let _in_flight = generation.activity.enter();
        let cut = pin!(generation.activity.cut());
        let permit = context.permit.clone();
        let answer = tokio::select! {
            biased;
            answer = run(runtime, generation, context, body) => answer,
            () = cut => {
                generation.activity.was_cut(permit.request_id());
                Err(broken(runtime, generation, Broken::Cut))
            }
        };
        generation.activity.note(&answer);
        answer
    })
}

async fn run(
    runtime: &Arc<Runtime>,
    generation: &Arc<Generation>,
    context: CallContext,
    body: AnyBody,
) -> Result<AnyAnswer, Error> {
    let _ = context.served.set(Arc::clone(&generation.label));
    let deadline = bounded(context.permit.deadline(), generation.limits.call_ms_max);
    let gate = runtime.gate(generation.domain);
    let place = within(deadline, gate.enter(context.permit.tenant_id(), context.admitted)).await??;
    let run = guest(Arc::clone(runtime), Arc::clone(generation), context, body, place);
    let run = Share::new(runtime, generation, Box::pin(run));
    let answer = match tokio::time::timeout_at(deadline, run).await {
        Ok(Some(Ok(ended))) => return ended.kept(runtime).map_err(from_plugin),
        Ok(Some(Err(trap))) => trap,
        Ok(None) => Broken::Lost,
        Err(_) => Broken::Late,
    };
    Err(broken(runtime, generation, answer))
}

/// A call that ended well.
struct Ended {
    answer: AnyResult,
    /// Its instance, where that may serve another one.
    warm: Option<(Key, Instance)>,
    /// Given back when the instance is kept or dropped.
    _place: ConcurrencyPermit,
}

impl Ended {
    /// The answer; the instance is kept. Where nobody waits for the answer any more, nobody keeps the instance either.
    fn kept(self, runtime: &Runtime) -> AnyResult {
        if let Some((key, instance)) = self.warm {
            let bytes = instance.memory_bytes();
            runtime.warm.keep(key, instance, bytes);
        }
        self.answer
    }
}

/// All that is done with an instance. One that has not ended well is dropped here.
async fn guest(
    runtime: Arc<Runtime>,
    generation: Arc<Generation>,
    context: CallContext,
    body: AnyBody,
    place: ConcurrencyPermit,
) -> Result<Ended, Broken> {
    let told = context.for_plugin(&generation.region);
    let key = Key::of(generation.number, generation.limits.instances.reuse, context.permit.tenant_id());
    let mut instance = instance(&runtime, &generation, context, key);
    match answer(&generation, &mut instance, body, told).await {
        Ok(answer) => {
            let limits = &generation.limits.instances;
            let warm = key.filter(|_| instance.rest(&runtime.nobody, limits)).map(|key| (key, instance));
            Ok(Ended { answer, warm, _place: place })
        }
        Err(trap) => Err(Broken::Trap(trap, instance.store.data().usage.hit)),
    }
}

/// One that may serve the call, warm where there is one.
fn instance(
    runtime: &Arc<Runtime>,
    generation: &Arc<Generation>,
    context: CallContext,
    key: Option<Key>,
) -> Instance {
    match key.and_then(|key| runtime.warm.take(key)) {
        Some(mut warm) => {
            warm.serve(context);
            warm
        }
        None => Instance::new(store(runtime, generation, context)),
    }
}

async fn answer(
    generation: &Generation,
    instance: &mut Instance,
    body: AnyBody,
    told: types::Context,
) -> wasmtime::Result<AnyResult> {
    let alive = instance.alive(&generation.linked, &generation.exports).await?;
    let store = &mut instance.store;
    let pending = Arc::clone(&store.data().pending);
    let answered = store.run_concurrent(async |accessor| {
        let at = At { accessor, exports: &generation.exports, instance: alive.instance };
        let answer = tokio::select! {
            biased;
            over = pending.over() => Err(wasmtime::Error::msg(over)),
            answer = body(at, told) => answer,
        };
        let mut nobody_waits = task::Context::from_waker(Waker::noop());
        let takes_calls = accessor.poll_ready_for_concurrent_call(alive.function, &mut nobody_waits);
        (answer, takes_calls.is_pending())
    });
    let (answer, holds_back) = answered.await?;
    instance.holds_back = holds_back;
    answer
}

fn bounded(deadline: Instant, call_ms_max: u64) -> Instant {
    deadline.min(Instant::now() + Duration::from_millis(call_ms_max))
}

async fn within<T>(deadline: Instant, work: impl Future<Output = T>) -> Result<T, Error> {
    tokio::time::timeout_at(deadline, work).await.map_err(|late| Error::hidden(Kind::Timeout, late))
}

/// A fresh store for a call, with its limits.
pub(super) fn store(
    runtime: &Arc<Runtime>,
    generation: &Arc<Generation>,
    context: CallContext,
) -> Store<CallState> {
    let resources = Arc::clone(&runtime.resources);
    let storage = Arc::downgrade(runtime) as Weak<dyn CallStorage>;
    let state =
        CallState::new(Arc::new(context), (&generation.grant, &generation.activity), resources, storage);
    let mut store = Store::new(&runtime.engine, state);
    store.limiter(|state| &mut state.usage);
    store.set_hostcall_fuel(generation.limits.transfer_bytes_max);
    store.set_max_component_handles(generation.limits.pending_max.saturating_mul(HANDLES_PER_PENDING));
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(on_tick);
    store
}

/// A component's own error, in the host's terms. What it does not call public stays in the log.
fn from_plugin(error: types::Error) -> Error {
    let kind = Kind::from_word(&error.kind);
    let wait = error.retry_after_ms.map(|ms| Duration::from_millis(ms.into()));
    let told = if error.public {
        Error::new(kind, error.message)
    } else {
        Error::hidden(kind, anyhow::Error::msg(text::sanitized(&error.message, text::LOG_BYTES_MAX)))
    };
    told.retry_after(wait)
}

fn broken(runtime: &Runtime, generation: &Generation, end: Broken) -> Error {
    let (reason, error) = match end {
        Broken::Late => ("deadline", Error::new(Kind::Timeout, Kind::Timeout.default_message())),
        Broken::Lost => ("lost", Error::internal(anyhow::anyhow!("the call ended without an answer"))),
        Broken::Cut => ("cut off", Error::new(Kind::Unavailable, CUT)),
        Broken::Trap(trap, hit) => (hit.unwrap_or("trap"), Error::internal(anyhow::Error::from(trap))),
    };
    runtime.metrics().trap(&generation.plugin, reason);
    let (plugin, version) = (&*generation.label, &generation.version);
    tracing::error!(plugin, version, reason, error = %error.chain(), "the plugin did not survive the call");
    error
}
