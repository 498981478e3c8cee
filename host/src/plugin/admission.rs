//! How a file becomes a generation: digest, compile, link, read `about`, grant, probe. Each step has a reason
//! when it fails, and a failure leaves what serves untouched. Runs off the request path.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;
use wasmtime::component::{Component, InstancePre, Linker};

use super::call::{call, store};
use super::contract::common::exports::patchbay::host::about::Description;
use super::domain::{About, Domain};
use super::generation::{Digest, Generation};
use super::routing::Route;
use super::runtime::Runtime;
use super::state::{Call, CallState};
use crate::auth::Permit;
use crate::error::Error;
use crate::upstream::Upstream;

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
    Compile(wasmtime::Error),
    /// Imports or exports differ from the domain's world.
    #[error("it does not fit the {} world: {cause:#}", domain.word())]
    World {
        /// The route's domain.
        domain: Domain,
        /// wasmtime's words, which name the import or export.
        cause: wasmtime::Error,
    },
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
}

/// A file as it was read.
pub(super) struct File {
    bytes: Vec<u8>,
    pub(super) digest: Digest,
}

impl File {
    /// Reads a file whole.
    pub(super) fn read(path: &Path, bytes_max: u64) -> Result<Self, Refusal> {
        let told = |e: std::io::Error| Refusal::File(e.to_string());
        let length = std::fs::metadata(path).map_err(told)?.len();
        if length > bytes_max {
            return Err(Refusal::File(format!("{length} bytes are more than plugin.file_bytes_max")));
        }
        let bytes = std::fs::read(path).map_err(told)?;
        let digest = Digest::of(&bytes);
        Ok(Self { bytes, digest })
    }
}

/// Carries a file through all steps.
pub(super) async fn admit(
    runtime: &Arc<Runtime>,
    route: &Route,
    file: File,
) -> Result<Arc<Generation>, Refusal> {
    let (digest, linked) = compile(runtime, route.domain, file).await?;
    let world = |cause| Refusal::World { domain: route.domain, cause };
    let draft = Arc::new(Generation {
        number: runtime.number(),
        domain: route.domain,
        region: route.region.clone(),
        plugin: route.plugin.clone(),
        version: String::new(),
        label: format!("{}@{}", route.plugin, digest.short()).into(),
        digest,
        exports: route.domain.exports(&linked).map_err(world)?,
        linked,
        settings: route.settings.clone(),
        upstreams: granted(runtime, route),
        calls: Arc::default(),
    });
    check(runtime, &draft).await.map_err(world)?;
    let about = describe(runtime, &draft).await?;
    fits(&about, route)?;
    let generation = Arc::new(Generation { version: about.version, ..Arc::unwrap_or_clone(draft) });
    if route.probe {
        probe(runtime, &generation).await?;
    }
    Ok(generation)
}

/// Compiles on a thread of its own: tens of milliseconds, or a read from wasmtime's cache.
async fn compile(
    runtime: &Arc<Runtime>,
    domain: Domain,
    file: File,
) -> Result<(Digest, InstancePre<CallState>), Refusal> {
    let engine = runtime.engine.clone();
    let work = tokio::task::spawn_blocking(move || {
        let component = Component::from_binary(&engine, &file.bytes).map_err(Refusal::Compile)?;
        let mut linker = Linker::new(&engine);
        domain.link(&mut linker).map_err(Refusal::Compile)?;
        let linked = linker.instantiate_pre(&component).map_err(|cause| Refusal::World { domain, cause })?;
        Ok((file.digest, linked))
    });
    work.await.unwrap_or_else(|e| Err(Refusal::File(e.to_string())))
}

/// The upstreams of a route, which the configuration's check has seen to exist.
fn granted(runtime: &Runtime, route: &Route) -> BTreeMap<String, Arc<Upstream>> {
    let known = |(name, configured): (&String, &String)| {
        Some((name.clone(), Arc::clone(runtime.upstreams.get(configured)?)))
    };
    route.upstreams.iter().filter_map(known).collect()
}

/// A call of the host's own, on behalf of no tenant.
fn own_call(runtime: &Runtime) -> Call {
    let deadline = Instant::now() + Duration::from_millis(runtime.config.call_ms_max);
    Call::new(Permit::of_host(&format!("req-{}", Uuid::new_v4()), deadline))
}

/// Checks the types of what it exports, which takes an instance.
async fn check(runtime: &Arc<Runtime>, draft: &Arc<Generation>) -> wasmtime::Result<()> {
    let mut store = store(runtime, draft, own_call(runtime));
    let instance = draft.linked.instantiate_async(&mut store).await?;
    draft.exports.check(&mut store, &instance)
}

async fn describe(runtime: &Arc<Runtime>, draft: &Arc<Generation>) -> Result<Description, Refusal> {
    let asked = call::<About, _>(runtime, draft, own_call(runtime), async |at, about, _| {
        about.call_describe(at).await.map(Ok)
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
    let asked = call::<About, _>(runtime, generation, own_call(runtime), async |at, about, context| {
        about.call_check(at, context).await
    });
    asked.await.map_err(Refusal::Probe)
}
