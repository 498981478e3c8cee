//! What follows from a change of a rollout, whatever it was: who serves and who drains now, who is let go, and what calls
//! need to know. The changes themselves are in `rollout`.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{Entry, Generation, Rollout, Share, State, TenantId};

/// What follows from a change of a rollout.
#[derive(Default)]
pub(crate) struct Consequences {
    /// They get no new calls from now on.
    pub(crate) draining: Vec<Entry>,
    /// Their rollout has let them go.
    pub(crate) gone: Vec<Arc<Generation>>,
}

impl Consequences {
    pub(crate) fn join(&mut self, more: Self) {
        self.draining.extend(more.draining);
        self.gone.extend(more.gone);
    }
}

impl Rollout {
    /// Brings everything that follows from weights and pins in order, and keeps so many that have ended.
    pub(crate) fn settle(&mut self, retained_max: usize) -> Consequences {
        let mut consequences = Consequences::default();
        consequences.draining.append(&mut self.withdrawn);
        let pins = &self.pins;
        for entry in &mut self.entries {
            let number = entry.generation.number;
            let has_calls = entry.weight > 0 || pins.values().any(|pinned| *pinned == number);
            let on_trial = self.trial.is_some_and(|trial| trial.canary == number);
            let state = entry.state.weighed(has_calls, on_trial);
            if state != entry.state {
                (entry.state, entry.since) = (state, Timestamp::now());
                if state == State::Draining {
                    consequences.draining.push(entry.clone());
                }
            }
        }
        consequences.gone = self.let_go(retained_max);
        self.publish();
        consequences
    }

    /// Lets go of those that never served and have a newer one of their plugin, and of the oldest that have ended.
    fn let_go(&mut self, retained_max: usize) -> Vec<Arc<Generation>> {
        let (mut retained, mut plugins) = (0, Vec::new());
        let mut gone = Vec::new();
        self.entries.retain(|entry| {
            let superseded = plugins.contains(&entry.generation.plugin);
            plugins.push(entry.generation.plugin.clone());
            retained += usize::from(entry.state == State::Retained);
            let keep = match entry.state {
                State::Standby => !superseded,
                State::Retained => retained <= retained_max,
                _ => true,
            };
            if !keep {
                gone.push(Arc::clone(&entry.generation));
            }
            keep
        });
        let kept: Vec<_> = self.entries.iter().map(|entry| entry.generation.number).collect();
        self.history.retain(|number| kept.contains(number));
        self.history.dedup();
        gone
    }

    fn publish(&mut self) {
        let serving = self.entries.iter().filter(|entry| entry.weight > 0);
        let share = |entry: &Entry| Share {
            generation: Arc::clone(&entry.generation),
            identity: identity(&entry.generation),
            weight: entry.weight,
        };
        self.shares = serving.map(share).collect();
        let pinned = |(tenant, number): (&TenantId, &u64)| {
            Some((*tenant, Arc::clone(&self.entry(*number)?.generation)))
        };
        self.pinned = Arc::new(self.pins.iter().filter_map(pinned).collect());
    }
}

/// The same number for the same component, settings and grants, in whichever process.
fn identity(of: &Generation) -> u64 {
    let upstreams: BTreeMap<_, _> =
        of.upstreams.iter().map(|(name, granted)| (name, &granted.name)).collect();
    let told = format!("{} {:?} {upstreams:?}", of.digest.as_str(), of.settings);
    let digest = Sha256::digest(format!("{} {told}", of.plugin));
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
