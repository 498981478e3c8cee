//! Whether a component may be called at all: it is linked into its domain's world, and its types are checked. When that is
//! done, and what follows, is not known here.

use std::sync::Arc;

use wasmtime::component::{Component, Linker};

use super::call::store;
use super::capability;
use super::component_file::ComponentFile;
use super::context::CallContext;
use super::domain::Exports;
use super::generation::Generation;
use super::grant::Grant;
use super::runtime::Runtime;
use super::share::Share;

/// What is wrong with a component.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// Imports or exports differ from the domain's world.
    #[error("{0:#}")]
    World(wasmtime::Error),
    /// No instance of it comes to life.
    #[error("{0:#}")]
    Start(wasmtime::Error),
}

/// Holds a component against the world of its domain.
///
/// # Errors
/// wasmtime's words, which name the import or export.
pub fn draft(
    runtime: &Runtime,
    number: u64,
    grant: Arc<Grant>,
    (component, file): (&Component, Arc<ComponentFile>),
) -> wasmtime::Result<Arc<Generation>> {
    let mut linker = Linker::new(&runtime.engine);
    capability::link(grant.domain, &mut linker)?;
    let linked = linker.instantiate_pre(component)?;
    let exports = Exports::of(grant.domain, &linked)?;
    let (version, activity) = (String::new(), Arc::default());
    Ok(Arc::new(Generation { number, grant, version, exports, linked, file, activity }))
}

/// Checks the types of what it exports, which takes an instance, on behalf of `context`.
///
/// # Errors
/// See [`Unfit`].
pub async fn check(
    runtime: &Arc<Runtime>,
    draft: &Arc<Generation>,
    context: CallContext,
) -> Result<(), Unfit> {
    let (mut store, checked) = (store(runtime, draft, context), Arc::clone(draft));
    let run = async move {
        let instance = checked.linked.instantiate_async(&mut store).await.map_err(Unfit::Start)?;
        checked.exports.check(&mut store, &instance).map_err(Unfit::World)
    };
    let lost = || Unfit::Start(wasmtime::Error::msg("it ended without an answer"));
    Share::new(runtime, draft, Box::pin(run)).await.unwrap_or_else(|| Err(lost()))
}
