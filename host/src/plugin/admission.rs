//! How a file becomes a generation: digest, compile, link, read `about`, grant, probe. Each step has a reason
//! when it fails, and a failure leaves what serves untouched. Runs off the request path.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;
use wasmtime::component::{Component, Linker};

use super::call::{call, store};
use super::contract::common::exports::patchbay::host::about::Description;
use super::domain::{About, Domain};
use super::file::{Copy, File};
use super::generation::{Digest, Generation};
use super::ledger::Step;
use super::route::Route;
use super::runtime::Runtime;
use super::share::Share;
use super::slot::Slot;
use super::state::Call;
use crate::auth::Permit;
use crate::error::Error;
use crate::text;

/// Why a file was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is none.
    #[error("there is no file {}", .0.display())]
    Missing(PathBuf),
    /// It cannot be read, or is too large.
    #[error("the file cannot be read: {0}")]
    File(String),
    /// Not a component, or not a whole one.
    #[error("it is not a component: {0:#}")]
    Compile(anyhow::Error),
    /// The process that compiles did not come so far as to say.
    #[error("it was not compiled: {0}")]
    Compiler(String),
    /// Imports or exports differ from the domain's world.
    #[error("it does not fit the {} world: {cause:#}", domain.word())]
    World {
        /// The route's domain.
        domain: Domain,
        /// wasmtime's words, which name the import or export.
        cause: wasmtime::Error,
    },
    /// No instance of it comes to life.
    #[error("it traps at its start: {0:#}")]
    Start(wasmtime::Error),
    /// `about.describe` trapped or took too long.
    #[error("it does not say who it is: {}", .0.chain())]
    About(Error),
    /// It names an upstream that its route does not grant.
    #[error("it asks for the upstream `{0}`, which its route does not grant")]
    Upstream(String),
    /// It names a setting that its route does not give.
    #[error("it asks for the setting `{0}`, which its route does not give")]
    Setting(String),
    /// `about.check` failed.
    #[error("its probe failed: {}", .0.chain())]
    Probe(Error),
    /// All of it took too long.
    #[error("its admission took longer than plugin.admission_ms_max, {0} ms")]
    Late(u64),
    /// There is no place to keep it.
    #[error("it cannot be kept in plugin.cache_directory: {0}")]
    Copy(String),
}

impl Refusal {
    /// Whether the same file may pass another time.
    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::Compiler(_) | Self::Probe(_) | Self::Late(_) | Self::Copy(_))
    }
}

/// An admission on its way: what it has done so far, and how long each step took.
#[derive(Default)]
struct Way(Vec<Step>);

impl Way {
    async fn step<T>(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        let begun = Instant::now();
        let done = work.await;
        self.0.push(Step::new(name, begun.elapsed(), done.as_ref().err()));
        done
    }
}

/// Carries a file through all steps, of which each is told in the end.
pub(super) async fn admit(
    runtime: &Arc<Runtime>,
    slot: &Slot,
    number: u64,
    file: File,
) -> (Vec<Step>, Result<Arc<Generation>, Refusal>) {
    let mut way = Way(file.steps());
    let bound = Duration::from_millis(runtime.config.admission_ms_max);
    let done = tokio::time::timeout(bound, go(&mut way, runtime, slot, number, file)).await;
    let done = done.unwrap_or_else(|_| {
        let late = Refusal::Late(runtime.config.admission_ms_max);
        way.0.push(Step::refused("time", &late));
        Err(late)
    });
    (way.0, done)
}

async fn go(
    way: &mut Way,
    runtime: &Arc<Runtime>,
    slot: &Slot,
    number: u64,
    file: File,
) -> Result<Arc<Generation>, Refusal> {
    let route = &slot.route;
    let digest = file.digest.clone();
    let (component, copy) = way.step("compile", compile(runtime, file)).await?;
    let draft = way.step("world", draft(runtime, slot, (number, digest), &component, copy)).await?;
    let about = way.step("about", describe(runtime, &draft)).await?;
    way.step("grants", async { fits(&about, route) }).await?;
    let version = text::told(&about.version, text::WORD_BYTES_MAX);
    let generation = Arc::new(Generation { version, ..Arc::unwrap_or_clone(draft) });
    if route.probe {
        way.step("probe", probe(runtime, &generation)).await?;
    }
    Ok(generation)
}

/// Compiles it unless wasmtime's cache has it, and keeps a copy.
async fn compile(runtime: &Arc<Runtime>, file: File) -> Result<(Component, Arc<Copy>), Refusal> {
    if let Some(compiled) = runtime.routing.compiled(&file.digest) {
        return Ok(compiled);
    }
    let (engine, directory) = (runtime.engine.clone(), runtime.config.cache_directory.clone());
    if let Some(compiler) = &runtime.config.compiler {
        compiler.compile(&file.bytes, &directory).await?;
    }
    let work = tokio::task::spawn_blocking(move || {
        let component =
            Component::from_binary(&engine, &file.bytes).map_err(|e| Refusal::Compile(e.into()))?;
        let copy = Copy::of(&file.bytes, &directory).map_err(|e| Refusal::Copy(e.to_string()))?;
        Ok((component, Arc::new(copy)))
    });
    work.await.unwrap_or_else(|e| Err(Refusal::File(e.to_string())))
}

/// Holds a component against the world of its domain.
async fn draft(
    runtime: &Arc<Runtime>,
    slot: &Slot,
    (number, digest): (u64, Digest),
    component: &Component,
    copy: Arc<Copy>,
) -> Result<Arc<Generation>, Refusal> {
    let route = &slot.route;
    let world = |cause| Refusal::World { domain: route.domain, cause };
    let mut linker = Linker::new(&runtime.engine);
    route.domain.link(&mut linker).map_err(world)?;
    let linked = linker.instantiate_pre(component).map_err(world)?;
    let draft = Arc::new(Generation {
        number,
        domain: route.domain,
        region: route.region.clone(),
        plugin: route.plugin.clone(),
        version: String::new(),
        label: format!("{}@{}", route.plugin, digest.short()).into(),
        digest,
        route: Arc::clone(route),
        upstreams: slot.upstreams.clone(),
        limits: slot.limits,
        exports: route.domain.exports(&linked).map_err(world)?,
        linked,
        copy,
        activity: Arc::default(),
    });
    check(runtime, &draft).await?;
    Ok(draft)
}

/// A call of the host's own, on behalf of no tenant.
fn own_call(generation: &Generation) -> Call {
    let deadline = Instant::now() + Duration::from_millis(generation.limits.call_ms_max);
    Call::read(Permit::of_host(&format!("req-{}", Uuid::new_v4()), deadline))
}

/// Checks the types of what it exports, which takes an instance.
async fn check(runtime: &Arc<Runtime>, draft: &Arc<Generation>) -> Result<(), Refusal> {
    let (mut store, checked) = (store(runtime, draft, own_call(draft)), Arc::clone(draft));
    let run = async move {
        let instance = checked.linked.instantiate_async(&mut store).await.map_err(Refusal::Start)?;
        let world = |cause| Refusal::World { domain: checked.domain, cause };
        checked.exports.check(&mut store, &instance).map_err(world)
    };
    let lost = || Refusal::Start(wasmtime::Error::msg("it ended without an answer"));
    Share::new(runtime, draft, Box::pin(run)).await.unwrap_or_else(|| Err(lost()))
}

async fn describe(runtime: &Arc<Runtime>, draft: &Arc<Generation>) -> Result<Description, Refusal> {
    let asked = call::<About, _>(runtime, draft, own_call(draft), move |at, about, _| {
        Box::pin(async move { about.call_describe(at).await.map(Ok) })
    });
    asked.await.map_err(Refusal::About)
}

/// What it asks for against what its route gives.
fn fits(about: &Description, route: &Route) -> Result<(), Refusal> {
    if let Some(upstream) = about.upstreams.iter().find(|name| !route.upstreams.contains_key(*name)) {
        return Err(Refusal::Upstream(upstream.clone()));
    }
    if let Some(setting) = about.settings.iter().find(|name| !route.settings.contains_key(*name)) {
        return Err(Refusal::Setting(setting.clone()));
    }
    Ok(())
}

async fn probe(runtime: &Arc<Runtime>, generation: &Arc<Generation>) -> Result<(), Refusal> {
    let asked = call::<About, _>(runtime, generation, own_call(generation), move |at, about, context| {
        Box::pin(about.call_check(at, context))
    });
    asked.await.map_err(Refusal::Probe)
}
