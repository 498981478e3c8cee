//! How a file becomes a generation: digest, compile, link, read `about`, grant, probe. Each step has a reason
//! when it fails, and a failure leaves what serves untouched. Runs off the request path.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::{Digest, text};
use patchbay_runtime::contract::common::exports::patchbay::host::about::Description;
use patchbay_runtime::{About, CallContext, ComponentFile, Generation, Unfit, call};
use patchbay_tenants::auth::Permit;
use tokio::time::Instant;
use uuid::Uuid;
use wasmtime::component::Component;

use super::file::File;
use super::plugin_source::PluginSource;
use super::refusal::Refusal;
use super::registry::Registry;
use super::route::Route;
use super::step::Step;

/// An admission on its way: what it has done so far, and how long each step took.
#[derive(Default)]
struct AdmissionTrace(Vec<Step>);

impl AdmissionTrace {
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
    registry: &Arc<Registry>,
    source: &PluginSource,
    number: u64,
    file: File,
) -> (Vec<Step>, Result<Arc<Generation>, Refusal>) {
    let mut trace = AdmissionTrace(file.steps());
    let bound = Duration::from_millis(registry.runtime.config.admission_ms_max);
    let done = tokio::time::timeout(bound, run_steps(&mut trace, registry, source, number, file)).await;
    let done = done.unwrap_or_else(|_| {
        let late = Refusal::Late(registry.runtime.config.admission_ms_max);
        trace.0.push(Step::refused("time", &late));
        Err(late)
    });
    (trace.0, done)
}

async fn run_steps(
    trace: &mut AdmissionTrace,
    registry: &Arc<Registry>,
    source: &PluginSource,
    number: u64,
    file: File,
) -> Result<Arc<Generation>, Refusal> {
    let route = &source.route;
    let digest = file.digest.clone();
    let (component, copy) = trace.step("compile", compile(registry, file)).await?;
    let draft = trace.step("world", draft(registry, source, (number, digest), (&component, copy))).await?;
    let about = trace.step("about", describe(registry, &draft)).await?;
    trace.step("grants", async { fits(&about, route) }).await?;
    let version = text::sanitized(&about.version, text::WORD_BYTES_MAX);
    let generation = Arc::new(Arc::unwrap_or_clone(draft).versioned(version));
    if route.probe {
        trace.step("probe", probe(registry, &generation)).await?;
    }
    Ok(generation)
}

/// Compiles it unless it is at work already, and keeps a copy.
async fn compile(registry: &Registry, file: File) -> Result<(Component, Arc<ComponentFile>), Refusal> {
    if let Some(compiled) = registry.routing.compiled(&file.digest) {
        return Ok(compiled);
    }
    let component = registry.runtime.compile(file.bytes.clone()).await?;
    let directory = registry.runtime.config.cache_directory.clone();
    let work = tokio::task::spawn_blocking(move || ComponentFile::of(&file.bytes, &directory));
    let kept = work.await.map_err(|e| Refusal::File(e.to_string()))?;
    Ok((component, Arc::new(kept.map_err(|e| Refusal::Copy(e.to_string()))?)))
}

/// Holds a component against the world of its domain.
async fn draft(
    registry: &Registry,
    source: &PluginSource,
    (number, digest): (u64, Digest),
    compiled: (&Component, Arc<ComponentFile>),
) -> Result<Arc<Generation>, Refusal> {
    let domain = source.route.domain;
    let grant = Arc::new(source.grant(digest));
    let draft = patchbay_runtime::draft(&registry.runtime, number, grant, compiled);
    let draft = draft.map_err(|cause| Refusal::World { domain, cause })?;
    let checked = patchbay_runtime::check(&registry.runtime, &draft, own_call(&draft)).await;
    checked.map_err(|unfit| match unfit {
        Unfit::World(cause) => Refusal::World { domain, cause },
        Unfit::Start(cause) => Refusal::Start(cause),
    })?;
    Ok(draft)
}

/// A call of the host's own, on behalf of no tenant.
fn own_call(generation: &Generation) -> CallContext {
    let deadline = Instant::now() + Duration::from_millis(generation.limits.call_ms_max);
    CallContext::read(Permit::of_host(&format!("req-{}", Uuid::new_v4()), deadline))
}

async fn describe(registry: &Arc<Registry>, draft: &Arc<Generation>) -> Result<Description, Refusal> {
    let asked = call::<About, _>(&registry.runtime, draft, own_call(draft), move |at, about, _| {
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

async fn probe(registry: &Arc<Registry>, generation: &Arc<Generation>) -> Result<(), Refusal> {
    let asked =
        call::<About, _>(&registry.runtime, generation, own_call(generation), move |at, about, context| {
            Box::pin(about.call_check(at, context))
        });
    asked.await.map_err(Refusal::Probe)
}
