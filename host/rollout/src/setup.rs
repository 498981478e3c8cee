//! What the configuration says of plugins now: the slots, one a route, with what they are made of. How a change of it
//! comes about is `reload`'s affair.

use std::collections::BTreeSet;
use std::sync::Arc;

use patchbay_runtime::Limits;
use patchbay_upstream::Upstreams;

use super::route::Route;
use super::slot::Slot;

/// See the module.
pub(super) struct Setup {
    pub(super) slots: Vec<Arc<Slot>>,
    pub(super) limits: Limits,
    pub(super) upstreams: Arc<Upstreams>,
}

impl Setup {
    /// Nothing of it has been looked at yet.
    pub(super) fn new(routes: &[Route], limits: Limits, upstreams: Arc<Upstreams>) -> Self {
        let slot = |route: &Route| Arc::new(Slot::new(Arc::new(route.clone()), &upstreams, limits));
        Self { slots: routes.iter().map(slot).collect(), limits, upstreams }
    }

    /// What another configuration makes of it: slots of which nothing has changed stay.
    pub(super) fn with(
        &self,
        routes: &[Route],
        limits: Limits,
        (upstreams, changed): (Arc<Upstreams>, &BTreeSet<String>),
    ) -> Self {
        let same = |slot: &&Arc<Slot>, route: &Route| {
            let upstreams = !route.upstreams.values().any(|upstream| changed.contains(upstream));
            *slot.route == *route && slot.limits == limits && upstreams
        };
        let slot = |route: &Route| {
            let kept = self.slots.iter().find(|slot| same(slot, route)).cloned();
            kept.unwrap_or_else(|| Arc::new(Slot::new(Arc::new(route.clone()), &upstreams, limits)))
        };
        Self { slots: routes.iter().map(slot).collect(), limits, upstreams }
    }

    /// Those whose file is this plugin's.
    pub(super) fn of(&self, plugin: &str) -> Vec<Arc<Slot>> {
        self.slots.iter().filter(|slot| slot.route.plugin == plugin).cloned().collect()
    }
}
