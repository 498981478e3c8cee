//! A rollout: the generations of one domain in one region, and the rules by which its calls go from one to another. A value
//! that is changed as a whole: `settle` says what follows from a change, `routing` shows it to calls, `publish` sees to the
//! rest.

mod settle;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_core::{Digest, Domain, TenantId};
use patchbay_runtime::Generation;

pub(super) use self::settle::Consequences;
use super::pick::pick;
use super::route::Route;
use super::state::State;

/// What a rollout weighs as a whole when nothing in it weighed anything.
const WEIGHT: u32 = 100;

/// One domain in one region.
#[derive(Clone)]
pub(super) struct Rollout {
    pub(super) domain: Domain,
    pub(super) region: String,
    /// The newest first.
    pub(super) entries: Vec<Entry>,
    pub(super) trial: Option<Trial>,
    pins: BTreeMap<TenantId, u64>,
    /// Who answered, in the order in which they came into service; the way back.
    history: Vec<u64>,
    /// An operator said who answers, so a plugin that comes anew stands by.
    by_hand: bool,
    /// No route is left for it, and it is in no table any more.
    pub(super) closed: bool,
    /// Taken out, and not seen to yet.
    withdrawn: Vec<Entry>,
    /// Those that answer, as calls need it; follows from all the above.
    shares: Arc<[Share]>,
    pinned: Arc<HashMap<TenantId, Arc<Generation>>>,
}

/// One generation in its rollout.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) generation: Arc<Generation>,
    pub(super) weight: u32,
    pub(super) state: State,
    /// Since when it stands so.
    pub(super) since: Timestamp,
}

/// A new generation beside the one that served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trial {
    pub(super) canary: u64,
    pub(super) stable: u64,
}

struct Share {
    generation: Arc<Generation>,
    identity: u64,
    weight: u32,
}

/// Why a rollout cannot be changed as asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error("Generation {0} is not one of {1} in {2}, or is kept no longer.")]
    Unknown(u64, &'static str, String),
    #[error("No earlier generation of {0} in {1} is kept.")]
    NoEarlier(&'static str, String),
    #[error("There is no route for {0} in {1}.")]
    Unrouted(&'static str, String),
    #[error("The weights leave nobody to answer {0} in {1}.")]
    Nobody(&'static str, String),
}

impl Rollout {
    pub(super) fn new(domain: Domain, region: &str) -> Self {
        Self {
            domain,
            region: region.to_owned(),
            entries: Vec::new(),
            trial: None,
            pins: BTreeMap::new(),
            history: Vec::new(),
            by_hand: false,
            closed: false,
            withdrawn: Vec::new(),
            shares: Arc::new([]),
            pinned: Arc::default(),
        }
    }

    /// Who answers the tenant, or whoever has none.
    pub(super) fn pick(&self, tenant: Option<TenantId>) -> Option<&Arc<Generation>> {
        if let [only] = &*self.shares
            && self.pinned.is_empty()
        {
            return Some(&only.generation);
        }
        let Some(tenant) = tenant else {
            return self.shares.iter().max_by_key(|share| share.weight).map(|share| &share.generation);
        };
        self.pinned.get(&tenant).or_else(|| {
            let shares = self.shares.iter().map(|share| (share.identity, share.weight));
            pick(shares, tenant.number()).map(|place| &self.shares[place].generation)
        })
    }

    /// The generation with that digest while it is kept, otherwise the newest of that plugin, first of those that serve.
    pub(super) fn began(&self, plugin: &str, digest: &Digest) -> Option<&Arc<Generation>> {
        let own = || self.entries.iter().filter(|entry| entry.generation.plugin == plugin);
        own()
            .find(|entry| entry.generation.digest == *digest)
            .or_else(|| own().find(|entry| entry.state.serves()))
            .or_else(|| own().next())
            .map(|entry| &entry.generation)
    }

    pub(super) fn entry(&self, number: u64) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.generation.number == number)
    }

    /// The tenants that are pinned to a generation.
    pub(super) fn pins(&self, number: u64) -> impl Iterator<Item = TenantId> {
        self.pins.iter().filter(move |(_, pinned)| **pinned == number).map(|(tenant, _)| *tenant)
    }

    pub(super) fn pins_len(&self) -> usize {
        self.pins.len()
    }

    /// A new generation takes the calls of its plugin's others, or a canary's part of them; it stands by where its
    /// plugin has none.
    pub(super) fn install(&mut self, generation: &Arc<Generation>, route: &Route) {
        self.end_trial();
        let number = generation.number;
        let own = self.entries.iter().filter(|entry| entry.generation.plugin == generation.plugin);
        let served: u32 = own.clone().map(|entry| entry.weight).sum();
        let fresh = own.clone().next().is_none() && !self.by_hand;
        let stable = own.max_by_key(|entry| entry.weight).map(|entry| entry.generation.number);
        let weight = if fresh { route.weight() } else { served };
        let canary = route.canary.as_ref();
        let entry = |weight| Entry {
            generation: Arc::clone(generation),
            weight,
            state: State::Standby,
            since: Timestamp::now(),
        };
        match (canary, stable) {
            (Some(canary), Some(stable)) if served > 0 => {
                let part = (served * canary.percent / 100).max(1);
                self.entries.insert(0, entry(part));
                self.entry_mut(stable, |entry| entry.weight = entry.weight.saturating_sub(part));
                self.trial = Some(Trial { canary: number, stable });
            }
            _ => {
                self.entries
                    .iter_mut()
                    .filter(|e| e.generation.plugin == generation.plugin)
                    .for_each(|e| e.weight = 0);
                self.entries.insert(0, entry(weight));
                if weight > 0 {
                    self.history.push(number);
                }
            }
        }
    }

    /// Ends a trial well: the canary takes what the one beside it had.
    pub(super) fn promote(&mut self) {
        let Some(Trial { canary, stable }) = self.trial.take() else { return };
        let weight = self.entry_mut(stable, |entry| std::mem::take(&mut entry.weight)).unwrap_or(0);
        self.entry_mut(canary, |entry| entry.weight += weight);
        self.history.push(canary);
    }

    /// Ends a trial badly: nobody is to meet the canary again, not even who was pinned to it.
    pub(super) fn fail(&mut self) {
        if let Some(Trial { canary, .. }) = self.trial {
            self.pins.retain(|_, number| *number != canary);
            self.end_trial();
        }
    }

    /// Ends a trial: the one beside it takes the canary's part again.
    fn end_trial(&mut self) {
        let Some(Trial { canary, stable }) = self.trial.take() else { return };
        let weight = self.entry_mut(canary, |entry| std::mem::take(&mut entry.weight)).unwrap_or(0);
        self.entry_mut(stable, |entry| entry.weight += weight);
    }

    /// A generation takes all calls, but for pinned tenants'.
    pub(super) fn activate(&mut self, number: u64) -> Result<(), Unfit> {
        self.kept(number)?;
        if self.trial.is_some_and(|trial| trial.canary == number) {
            self.promote();
            return Ok(());
        }
        self.end_trial();
        let all: u32 = self.entries.iter_mut().map(|entry| std::mem::take(&mut entry.weight)).sum();
        self.entry_mut(number, |entry| entry.weight = if all > 0 { all } else { WEIGHT });
        self.history.push(number);
        self.by_hand = true;
        Ok(())
    }

    /// Goes back: from a canary to the one beside it, otherwise to the one that served before. Tells which one that is.
    pub(super) fn roll_back(&mut self) -> Result<u64, Unfit> {
        if let Some(trial) = self.trial {
            self.fail();
            return Ok(trial.stable);
        }
        let mut weight = 0;
        while let Some(number) = self.history.pop() {
            match self.entry(number).map(|entry| entry.weight) {
                None => {}
                Some(0) => {
                    self.entry_mut(number, |entry| entry.weight = weight.max(1));
                    self.history.push(number);
                    self.by_hand = true;
                    return Ok(number);
                }
                Some(own) => {
                    weight += own;
                    self.entry_mut(number, |entry| entry.weight = 0);
                }
            }
        }
        Err(Unfit::NoEarlier(self.domain.as_str(), self.region.clone()))
    }

    /// Shares calls out by hand. No weights: they stay as they are.
    pub(super) fn share_out(
        &mut self,
        weights: &[(u64, u32)],
        pins: &[(TenantId, Option<u64>)],
    ) -> Result<(), Unfit> {
        let pinned = pins.iter().filter_map(|(_, number)| *number);
        weights.iter().map(|(number, _)| *number).chain(pinned).try_for_each(|number| self.kept(number))?;
        if !weights.is_empty() {
            self.trial = None;
            self.by_hand = true;
            self.entries.iter_mut().for_each(|entry| entry.weight = 0);
        }
        for (number, weight) in weights {
            self.entry_mut(*number, |entry| entry.weight = *weight);
            if *weight > 0 && self.history.last() != Some(number) {
                self.history.push(*number);
            }
        }
        if self.entries.iter().all(|entry| entry.weight == 0) {
            return Err(Unfit::Nobody(self.domain.as_str(), self.region.clone()));
        }
        for (tenant, number) in pins {
            match number {
                Some(number) => self.pins.insert(*tenant, *number),
                None => self.pins.remove(tenant),
            };
        }
        Ok(())
    }

    /// No route is left for it.
    pub(super) fn close(&mut self) {
        self.withdraw(|_| true);
        self.closed = true;
    }

    /// Takes the generations of these plugins out: what they do ends, and there is no way back to them.
    pub(super) fn withdraw(&mut self, of: impl Fn(&str) -> bool) {
        let (out, stay) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition::<Vec<_>, _>(|entry| of(&entry.generation.plugin));
        self.entries = stay;
        let gone = |number: &u64| out.iter().any(|entry| entry.generation.number == *number);
        self.pins.retain(|_, number| !gone(number));
        if self.trial.is_some_and(|trial| gone(&trial.canary) || gone(&trial.stable)) {
            self.trial = None;
        }
        self.withdrawn.extend(out);
    }

    /// Weighs each plugin anew, as the configuration says: the one of its generations that serves, or else its newest.
    pub(super) fn weigh(&mut self, weight_of: impl Fn(&str) -> u32) {
        self.end_trial();
        self.by_hand = false;
        let plugins: BTreeSet<_> = self.entries.iter().map(|entry| entry.generation.plugin.clone()).collect();
        for plugin in plugins {
            let own = || self.entries.iter().filter(|entry| entry.generation.plugin == plugin);
            let chosen = own().find(|entry| entry.weight > 0).or_else(|| own().next());
            let Some(chosen) = chosen.map(|entry| entry.generation.number) else { continue };
            for entry in self.entries.iter_mut().filter(|entry| entry.generation.plugin == plugin) {
                entry.weight = if entry.generation.number == chosen { weight_of(&plugin) } else { 0 };
            }
        }
        let serving =
            self.entries.iter().filter(|entry| entry.weight > 0).map(|entry| entry.generation.number);
        self.history.extend(serving);
    }

    /// What a generation had to do has ended; `since` tells this drain from a later one.
    pub(super) fn drained(&mut self, number: u64, since: Timestamp) {
        let own = |entry: &&mut Entry| entry.generation.number == number && entry.since == since;
        for entry in self.entries.iter_mut().filter(own) {
            entry.state = entry.state.drained().unwrap_or(entry.state);
        }
    }

    fn kept(&self, number: u64) -> Result<(), Unfit> {
        let unknown = || Unfit::Unknown(number, self.domain.as_str(), self.region.clone());
        self.entry(number).map(drop).ok_or_else(unknown)
    }

    fn entry_mut<R>(&mut self, number: u64, change: impl FnOnce(&mut Entry) -> R) -> Option<R> {
        self.entries.iter_mut().find(|entry| entry.generation.number == number).map(change)
    }
}
