//! A generation: one component with its settings and grants, immutable once it is made. Where generations
//! stand in the routing table is `routing`'s affair.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest as _, Sha256};
use wasmtime::component::InstancePre;

use super::domain::{Domain, Exports};
use super::state::CallState;
use crate::upstream::Upstream;

/// SHA-256 of a component's file, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Digest(pub(super) String);

impl Digest {
    /// That of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// A digest that was written down before.
    #[must_use]
    pub fn from_hex(hex: &str) -> Self {
        Self(hex.to_owned())
    }

    /// All of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As much as tells generations apart for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

/// One component + its settings + its grants.
#[derive(Clone)]
pub struct Generation {
    /// Counts up over the life of the host.
    pub number: u64,
    /// What it serves.
    pub domain: Domain,
    /// Where.
    pub region: String,
    /// The file's name without `.wasm`.
    pub plugin: String,
    /// As its `about` says.
    pub version: String,
    /// Of its file.
    pub digest: Digest,
    /// `compute-nova@3f…`: what logs and metrics call it.
    pub label: Arc<str>,
    pub(super) exports: Exports,
    pub(super) linked: InstancePre<CallState>,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) upstreams: BTreeMap<String, Arc<Upstream>>,
    pub(super) calls: Arc<AtomicUsize>,
}

impl Generation {
    /// Calls that it is answering now.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// Counts a call until the guard goes.
    pub(super) fn enter(self: &Arc<Self>) -> InFlight {
        self.calls.fetch_add(1, Ordering::Relaxed);
        InFlight(Arc::clone(self))
    }
}

/// A call that a generation is answering.
pub(super) struct InFlight(Arc<Generation>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::Relaxed);
    }
}
