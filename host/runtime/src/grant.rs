//! Which component it is, what it serves and what it is lent. How it comes to that is not known here.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_core::{Digest, Domain};
use patchbay_upstream::Upstream;

use super::config::Limits;

/// One component with its settings, its upstreams and its bounds.
#[derive(Clone)]
pub struct Grant {
    /// What it serves.
    pub domain: Domain,
    /// Where.
    pub region: String,
    /// The file's name without `.wasm`.
    pub plugin: String,
    /// Of its file.
    pub digest: Digest,
    /// `compute-nova@3f…`: what logs and metrics call it.
    pub label: Arc<str>,
    /// What it is told.
    pub settings: BTreeMap<String, String>,
    /// What it may reach, by its own names.
    pub upstreams: BTreeMap<String, Granted>,
    /// The bounds of each of its calls.
    pub limits: Limits,
}

/// An upstream that a component may reach.
#[derive(Clone)]
pub struct Granted {
    /// As the configuration calls it.
    pub name: Arc<str>,
    /// The upstream.
    pub upstream: Arc<Upstream>,
}
