//! Why a component's file does not come to serve. What is done about it is not known here.

use std::path::PathBuf;

use patchbay_core::Domain;
use patchbay_core::error::Error;
use patchbay_runtime::Uncompiled;

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
    #[error("it does not fit the {} world: {cause:#}", domain.as_str())]
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

impl From<Uncompiled> for Refusal {
    fn from(cause: Uncompiled) -> Self {
        match cause {
            Uncompiled::Component(cause) => Self::Compile(cause),
            Uncompiled::Process(words) => Self::Compiler(words),
        }
    }
}

impl Refusal {
    /// Whether the same file may pass another time.
    pub(super) fn passes(&self) -> bool {
        matches!(self, Self::Compiler(_) | Self::Probe(_) | Self::Late(_) | Self::Copy(_))
    }
}
