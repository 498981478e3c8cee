//! What the configuration says of plugins now: the sources, one a route, with what they are made of. How a change of it
//! comes about is in `reload`.

use std::collections::BTreeSet;
use std::sync::Arc;

use patchbay_runtime::Limits;
use patchbay_upstream::Upstreams;

use super::plugin_source::PluginSource;
use super::route::Route;

/// See the module.
pub(super) struct Setup {
    pub(super) sources: Vec<Arc<PluginSource>>,
    pub(super) limits: Limits,
    pub(super) upstreams: Arc<Upstreams>,
}

impl Setup {
    /// Nothing of it has been looked at yet.
    pub(super) fn new(routes: &[Route], limits: Limits, upstreams: Arc<Upstreams>) -> Self {
        let source = |route: &Route| Arc::new(PluginSource::new(Arc::new(route.clone()), &upstreams, limits));
        Self { sources: routes.iter().map(source).collect(), limits, upstreams }
    }

    /// What another configuration makes of it: sources of which nothing has changed stay.
    pub(super) fn with(
        &self,
        routes: &[Route],
        limits: Limits,
        (upstreams, changed): (Arc<Upstreams>, &BTreeSet<String>),
    ) -> Self {
        let same = |source: &&Arc<PluginSource>, route: &Route| {
            let upstreams = !route.upstreams.values().any(|upstream| changed.contains(upstream));
            *source.route == *route && source.limits == limits && upstreams
        };
        let source = |route: &Route| {
            let kept = self.sources.iter().find(|source| same(source, route)).cloned();
            kept.unwrap_or_else(|| Arc::new(PluginSource::new(Arc::new(route.clone()), &upstreams, limits)))
        };
        Self { sources: routes.iter().map(source).collect(), limits, upstreams }
    }

    /// Those whose file is this plugin's.
    pub(super) fn of(&self, plugin: &str) -> Vec<Arc<PluginSource>> {
        self.sources.iter().filter(|source| source.route.plugin == plugin).cloned().collect()
    }
}
