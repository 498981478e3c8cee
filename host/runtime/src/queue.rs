//! The book of a concurrency limit: how many places are free, who has one, who waits, and whose turn is next. First come,
//! first served within a party; among parties, each in its turn. Nothing here waits or locks.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};

use patchbay_core::TenantId;
use patchbay_core::error::{Error, Kind};

use super::config::Config;

/// Whose calls are counted together: a tenant's, or those of no tenant.
pub(super) type Party = Option<TenantId>;

/// How many may work and wait, all together and of one party.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    calls_max: usize,
    calls_per_tenant_max: usize,
    queue_max: usize,
    queue_per_tenant_max: usize,
}

impl From<&Config> for Bounds {
    fn from(config: &Config) -> Self {
        let Config { calls_max, calls_per_tenant_max, queue_max, queue_per_tenant_max, .. } = *config;
        Self { calls_max, calls_per_tenant_max, queue_max, queue_per_tenant_max }
    }
}

/// See the module; `W` is how one that waits is told.
pub(super) struct Queue<W> {
    bounds: Bounds,
    free: usize,
    /// How many wait, but for those that were let in before.
    waiting: usize,
    /// Counts up, so that those who wait are in order.
    number: u64,
    /// Only those that have a call here.
    parties: HashMap<Party, Calls<W>>,
    /// Those that wait for a free place alone, each once.
    turns: VecDeque<Party>,
}

/// Those of one party.
struct Calls<W> {
    at_work: usize,
    /// As in the whole queue.
    waiting: usize,
    waiters: BTreeMap<u64, Waiter<W>>,
    /// Whether it stands in `turns`.
    in_turn: bool,
}

struct Waiter<W> {
    tell: W,
    admitted: bool,
}

/// What came of a call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entered {
    AtWork,
    /// With the number under which it waits.
    Waiting(u64),
}

impl<W> Default for Calls<W> {
    fn default() -> Self {
        Self { at_work: 0, waiting: 0, waiters: BTreeMap::new(), in_turn: false }
    }
}

impl<W> Calls<W> {
    fn is_idle(&self) -> bool {
        self.at_work == 0 && self.waiters.is_empty()
    }
}

impl<W> Queue<W> {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            free: bounds.calls_max,
            waiting: 0,
            number: 0,
            parties: HashMap::new(),
            turns: VecDeque::new(),
        }
    }

    /// Takes a place, or joins those who wait; `tell` is made only then.
    pub(super) fn enter(
        &mut self,
        party: Party,
        admitted: bool,
        tell: impl FnOnce() -> W,
    ) -> Result<Entered, Error> {
        let calls = self.parties.entry(party).or_default();
        // Nobody is overtaken: while a place is free, who waits has its whole share.
        if self.free > 0 && calls.at_work < self.bounds.calls_per_tenant_max {
            self.free -= 1;
            calls.at_work += 1;
            return Ok(Entered::AtWork);
        }
        if !admitted && let Err(refused) = self.fits(party) {
            self.forget_idle(party);
            return Err(refused);
        }
        let (number, counted) = (self.number, usize::from(!admitted));
        self.number += 1;
        self.waiting += counted;
        let calls = self.parties.entry(party).or_default();
        calls.waiting += counted;
        calls.waiters.insert(number, Waiter { tell: tell(), admitted });
        self.line_up(party);
        Ok(Entered::Waiting(number))
    }

    /// Whether a call of the party would be let in now.
    pub(super) fn admits(&self, party: Party) -> Result<(), Error> {
        let at_work = self.parties.get(&party).map_or(0, |calls| calls.at_work);
        if self.free > 0 && at_work < self.bounds.calls_per_tenant_max {
            return Ok(());
        }
        self.fits(party)
    }

    /// Whether one more may wait.
    fn fits(&self, party: Party) -> Result<(), Error> {
        let own = self.parties.get(&party).map_or(0, |calls| calls.waiting);
        if own >= self.bounds.queue_per_tenant_max {
            let told = "Too many calls of this tenant are under way here; let some of them end first.";
            return Err(Error::new(Kind::Exhausted, told));
        }
        if self.waiting >= self.bounds.queue_max {
            return Err(Error::new(Kind::Busy, "Too many calls are waiting here; try again in a moment."));
        }
        Ok(())
    }

    /// One of the party has ended. Whose the place is now, where somebody waits for it.
    pub(super) fn leave(&mut self, party: Party) -> Option<(Party, W)> {
        self.free += 1;
        if let Entry::Occupied(mut calls) = self.parties.entry(party) {
            calls.get_mut().at_work -= 1;
            if calls.get().is_idle() {
                calls.remove();
            } else {
                self.line_up(party);
            }
        }
        self.next()
    }

    /// One that waited does so no longer; nothing happens where it has its place already.
    pub(super) fn give_up(&mut self, party: Party, number: u64) {
        let Some(calls) = self.parties.get_mut(&party) else { return };
        let Some(waiter) = calls.waiters.remove(&number) else { return };
        let counted = usize::from(!waiter.admitted);
        calls.waiting -= counted;
        self.waiting -= counted;
        if calls.waiters.is_empty() && std::mem::take(&mut calls.in_turn) {
            self.turns.retain(|turn| *turn != party);
        }
        self.forget_idle(party);
    }

    /// Gives the free place to the party whose turn it is.
    fn next(&mut self) -> Option<(Party, W)> {
        let party = self.turns.pop_front()?;
        let calls = self.parties.get_mut(&party)?;
        calls.in_turn = false;
        let (_, waiter) = calls.waiters.pop_first()?;
        let counted = usize::from(!waiter.admitted);
        calls.waiting -= counted;
        calls.at_work += 1;
        self.waiting -= counted;
        self.free -= 1;
        self.line_up(party);
        Some((party, waiter.tell))
    }

    /// Behind all others, where nothing but a free place is missing.
    fn line_up(&mut self, party: Party) {
        let Some(calls) = self.parties.get_mut(&party) else { return };
        let below = calls.at_work < self.bounds.calls_per_tenant_max;
        if below && !calls.in_turn && !calls.waiters.is_empty() {
            calls.in_turn = true;
            self.turns.push_back(party);
        }
    }

    /// Keeps the map as small as what goes on.
    fn forget_idle(&mut self, party: Party) {
        if self.parties.get(&party).is_some_and(Calls::is_idle) {
            self.parties.remove(&party);
        }
    }
}

#[cfg(test)]
mod tests;
