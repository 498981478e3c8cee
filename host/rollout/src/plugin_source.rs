//! A plugin source: one route with what it grants, and what was observed last of its file. A look at the file is in `look`.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_core::Digest;
use patchbay_runtime::{Grant, Granted, Limits};
use patchbay_upstream::Upstreams;
use tokio::sync::{Mutex, MutexGuard};

use super::route::Route;

/// One route: everything that a generation is made of, besides its component.
pub(super) struct PluginSource {
    pub(super) route: Arc<Route>,
    upstreams: BTreeMap<String, Granted>,
    pub(super) limits: Limits,
    /// One look at a time.
    seen: Mutex<LastObserved>,
}

/// How the file was found, so that the same is not done and told again.
#[derive(Default)]
pub(super) struct LastObserved {
    pub(super) digest: Option<Digest>,
    /// The generation that came of it, or would have.
    pub(super) number: Option<u64>,
    /// Why it was refused.
    pub(super) reason: Option<String>,
    /// It was not the file's fault.
    pub(super) again: bool,
}

impl LastObserved {
    /// This file, which passed.
    pub(super) fn of(number: u64, digest: &Digest) -> Self {
        Self { digest: Some(digest.clone()), number: Some(number), ..Self::default() }
    }

    /// The generation of the file, or that it would have been.
    pub(super) fn number(&self) -> Option<u64> {
        self.number
    }

    /// The generation of the file with this digest, if that is what was seen last and it passed.
    pub(super) fn passed(&self, digest: &Digest) -> Option<u64> {
        self.number.filter(|_| self.digest.as_ref() == Some(digest) && !self.refused())
    }

    /// The file did not pass.
    pub(super) fn refused(&self) -> bool {
        self.reason.is_some()
    }
}

impl PluginSource {
    pub(super) fn new(route: Arc<Route>, upstreams: &Upstreams, limits: Limits) -> Self {
        let granted = |(name, configured): (&String, &String)| {
            let upstream = Arc::clone(upstreams.get(configured)?);
            Some((name.clone(), Granted { name: configured.as_str().into(), upstream }))
        };
        let upstreams = route.upstreams.iter().filter_map(granted).collect();
        Self { route, upstreams, limits, seen: Mutex::default() }
    }

    pub(super) async fn lock(&self) -> MutexGuard<'_, LastObserved> {
        self.seen.lock().await
    }

    /// The bounds of its calls, with what the route says of them.
    fn limits(&self) -> Limits {
        let mut limits = self.limits;
        limits.instances.reuse = self.route.reuse.unwrap_or(limits.instances.reuse);
        limits
    }

    /// What a component with this digest is lent here.
    pub(super) fn grant(&self, digest: Digest) -> Grant {
        let Route { domain, region, plugin, settings, .. } = &*self.route;
        Grant {
            domain: *domain,
            region: region.clone(),
            plugin: plugin.clone(),
            label: format!("{plugin}@{}", digest.short()).into(),
            digest,
            settings: settings.clone(),
            upstreams: self.upstreams.clone(),
            limits: self.limits(),
        }
    }

    /// Whether it is the same plugin in the same line.
    pub(super) fn is_for(&self, route: &Route) -> bool {
        let own = &self.route;
        own.domain == route.domain && own.region == route.region && own.plugin == route.plugin
    }
}
