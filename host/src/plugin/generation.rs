//! A generation: one component with its settings and grants, immutable once it is made. Where generations
//! stand in the routing table is `routing`'s affair.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use wasmtime::component::InstancePre;

use super::activity::{Activity, Outcomes};
use super::domain::{Domain, Exports};
use super::engine::Limits;
use super::file::Copy;
use super::route::Route;
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

/// One component + its settings + its grants + its limits.
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
    /// Its settings, grants and weight, as the configuration had them.
    pub(crate) route: Arc<Route>,
    pub(crate) upstreams: BTreeMap<String, Arc<Upstream>>,
    pub(crate) limits: Limits,
    pub(super) exports: Exports,
    pub(super) linked: InstancePre<CallState>,
    /// The file, for the day when it is switched back to.
    pub(super) copy: Arc<Copy>,
    pub(super) activity: Arc<Activity>,
}

impl Generation {
    /// Calls that it is answering now.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.activity.calls()
    }

    /// Operations that it carries now.
    #[must_use]
    pub fn operations(&self) -> usize {
        self.activity.operations()
    }

    /// Its code, and the linear memory of the calls that it is answering now.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let code = self.linked.component().image_range();
        let code = (code.end as usize).saturating_sub(code.start as usize);
        (code + self.activity.memory_bytes()) as u64
    }

    /// How it failed a call last.
    #[must_use]
    pub fn last_error(&self) -> Option<String> {
        self.activity.last_error()
    }

    pub(super) fn outcomes(&self) -> Outcomes {
        self.activity.outcomes()
    }

    /// The same number for the same component, settings and grants, in whichever process.
    pub(super) fn identity(&self) -> u64 {
        let told = format!("{} {:?} {:?}", self.digest.0, self.route.settings, self.route.upstreams);
        let digest = Sha256::digest(format!("{} {told}", self.plugin));
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}
