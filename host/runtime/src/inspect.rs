//! What a component's file holds, without a host: for whoever is about to load it. Nothing of it is run. Whether it may
//! serve is decided in `admission` of `patchbay-rollout`.

use anyhow::Context as _;
use patchbay_core::{Digest, Domain};
use serde::Serialize;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine};

use super::capability;
use super::domain::Exports;

/// A file's facts.
#[derive(Debug, Serialize)]
pub struct Inspection {
    /// Its size.
    pub size_bytes: usize,
    /// SHA-256, in hexadecimal.
    pub digest: String,
    /// The domains whose world it fits.
    pub fits: Vec<&'static str>,
    /// Why it does not fit the domains of which it exports something.
    pub misfits: Vec<String>,
    /// The interfaces that it asks for.
    pub imports: Vec<String>,
    /// Those that it has.
    pub exports: Vec<String>,
}

impl Inspection {
    /// Compiles the component and holds it against each domain's world.
    ///
    /// # Errors
    /// It is no component.
    pub fn of(bytes: &[u8]) -> anyhow::Result<Self> {
        let engine = Engine::new(Config::new().wasm_component_model_async(true))?;
        let component = Component::from_binary(&engine, bytes)
            .map_err(anyhow::Error::from)
            .context("it is not a component")?;
        let world = component.component_type();
        let exports: Vec<_> = world.exports(&engine).map(|(name, _)| name.to_owned()).collect();
        let (mut fits, mut misfits) = (Vec::new(), Vec::new());
        for domain in Domain::ALL {
            match fit(&component, domain) {
                Ok(()) => fits.push(domain.as_str()),
                Err(cause) if exports.iter().any(|name| is_of(name, domain)) => {
                    misfits.push(format!("{}: {cause:#}", domain.as_str()));
                }
                Err(_) => {}
            }
        }
        let imports = world.imports(&engine).map(|(name, _)| name.to_owned()).collect();
        Ok(Self {
            size_bytes: bytes.len(),
            digest: Digest::of(bytes).as_str().to_owned(),
            fits,
            misfits,
            imports,
            exports,
        })
    }
}

/// As in an admission, but for the types of the functions, which show in an instance alone.
fn fit(component: &Component, domain: Domain) -> wasmtime::Result<()> {
    let mut linker = Linker::new(component.engine());
    capability::link(domain, &mut linker)?;
    Exports::of(domain, &linker.instantiate_pre(component)?).map(drop)
}

/// Whether an interface, as "patchbay:nas/shares@0.1.0", is of the domain's package.
fn is_of(interface: &str, domain: Domain) -> bool {
    interface.strip_prefix("patchbay:").and_then(|rest| rest.split_once('/')).map(|(package, _)| package)
        == Some(domain.as_str())
}
