//! The counts, by RPC and fault.

use std::collections::BTreeMap;

use crate::fault::Fault;
use crate::judge::Verdict;
use crate::round::Plan;

/// What was found at some points.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    /// Where the fault came about.
    pub(crate) points: usize,
    pub(crate) unended: usize,
    pub(crate) orphans: usize,
    pub(crate) doubled: usize,
}

impl Counts {
    pub(crate) fn is_clean(self) -> bool {
        self.unended + self.orphans + self.doubled == 0
    }

    fn add(&mut self, other: Self) {
        self.points += other.points;
        self.unended += other.unended;
        self.orphans += other.orphans;
        self.doubled += other.doubled;
    }
}

/// The counts of all RPCs.
#[derive(Default)]
pub(crate) struct Tally {
    /// RPCs in the order in which they came, each with its counts in the order of [`Fault::ALL`].
    pub(crate) rows: Vec<(String, [Counts; Fault::ALL.len()])>,
    /// What is not as it should be, in words.
    pub(crate) reasons: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl Tally {
    pub(crate) fn add(&mut self, plan: &Plan, verdict: Verdict) {
        let rpc = plan.whole.change.to_string();
        let next = self.rows.len();
        let place = *self.places.entry(rpc.clone()).or_insert(next);
        if place == next {
            self.rows.push((rpc, Default::default()));
        }
        let Verdict { met, unended, orphans, doubled, reasons } = verdict;
        self.rows[place].1[plan.fault as usize].add(Counts { points: met.into(), unended, orphans, doubled });
        self.reasons.extend(reasons.into_iter().map(|reason| format!("{}: {reason}", plan.name())));
    }

    /// At how many points a fault came about.
    pub(crate) fn points(&self, fault: Fault) -> usize {
        self.of(fault).points
    }

    /// What one fault did to all RPCs.
    pub(crate) fn of(&self, fault: Fault) -> Counts {
        sum(self.rows.iter().map(|(_, row)| &row[fault as usize]))
    }

    pub(crate) fn all(&self) -> Counts {
        sum(self.rows.iter().flat_map(|(_, row)| row))
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.all().is_clean()
    }
}

fn sum<'a>(counts: impl Iterator<Item = &'a Counts>) -> Counts {
    counts.fold(Counts::default(), |mut sum, counts| {
        sum.add(*counts);
        sum
    })
}
