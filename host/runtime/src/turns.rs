//! Whose turn it is in the background: domains in rotation, within one its generations in rotation, within one of those
//! calls that have computed little before those that have computed long. A turn is a slice of `background`.

use std::collections::VecDeque;

use patchbay_core::Domain;

/// A call that has used more turns goes behind those that have not.
const FRESH_TURNS: u32 = 4;
/// Every so many turns of a generation go to one that is not fresh: it must come to its end as well.
const SPENT_EVERY: u32 = 4;

/// Whose a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whose {
    pub(super) domain: Domain,
    /// The generation's number.
    pub(super) generation: u64,
}

/// Those that wait for a turn.
pub(super) struct Turns<T> {
    lines: [Line<T>; Domain::ALL.len()],
    next: usize,
    /// Turns that one domain may have at once.
    domain_max: usize,
}

/// Those of one domain.
struct Line<T> {
    at_once: usize,
    generations: VecDeque<Calls<T>>,
}

/// Those of one generation.
struct Calls<T> {
    generation: u64,
    taken: u32,
    fresh: VecDeque<T>,
    spent: VecDeque<T>,
}

impl<T> Turns<T> {
    pub(super) fn new(domain_max: usize) -> Self {
        let lines = Domain::ALL.map(|_| Line { at_once: 0, generations: VecDeque::new() });
        Self { lines, next: 0, domain_max }
    }

    /// Joins at the end of its generation's, having had so many turns.
    pub(super) fn join(&mut self, whose: Whose, turns: u32, waiting: T) {
        let generations = &mut self.lines[whose.domain as usize].generations;
        let at = generations.iter().position(|calls| calls.generation == whose.generation);
        let at = at.unwrap_or_else(|| {
            generations.push_back(Calls::new(whose.generation));
            generations.len() - 1
        });
        let calls = &mut generations[at];
        if turns < FRESH_TURNS { &mut calls.fresh } else { &mut calls.spent }.push_back(waiting);
    }

    /// Who is next; its domain has one turn more at once until it is [`Turns::done`].
    pub(super) fn take(&mut self) -> Option<T> {
        let domains = self.lines.len();
        for at in (0..domains).map(|step| (self.next + step) % domains) {
            let line = &mut self.lines[at];
            if line.at_once < self.domain_max
                && let Some(taken) = line.take()
            {
                line.at_once += 1;
                self.next = at + 1;
                return Some(taken);
            }
        }
        None
    }

    /// A turn of this domain is over.
    pub(super) fn done(&mut self, domain: Domain) {
        let line = &mut self.lines[domain as usize];
        line.at_once = line.at_once.saturating_sub(1);
    }
}

impl<T> Line<T> {
    fn take(&mut self) -> Option<T> {
        let mut calls = self.generations.pop_front()?;
        let taken = calls.take();
        // An empty one goes: generations come and go.
        if !(calls.fresh.is_empty() && calls.spent.is_empty()) {
            self.generations.push_back(calls);
        }
        taken
    }
}

impl<T> Calls<T> {
    fn new(generation: u64) -> Self {
        Self { generation, taken: 0, fresh: VecDeque::new(), spent: VecDeque::new() }
    }

    fn take(&mut self) -> Option<T> {
        self.taken = self.taken.wrapping_add(1);
        let (first, second) = match self.taken % SPENT_EVERY {
            0 => (&mut self.spent, &mut self.fresh),
            _ => (&mut self.fresh, &mut self.spent),
        };
        first.pop_front().or_else(|| second.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(domain: Domain, generation: u64) -> Whose {
        Whose { domain, generation }
    }

    fn taken(turns: &mut Turns<&'static str>, domain: Domain, count: usize) -> Vec<&'static str> {
        let take = |_| {
            let taken = turns.take();
            turns.done(domain);
            taken
        };
        (0..count).map_while(take).collect()
    }

    #[test]
    fn a_domain_has_so_many_turns_at_once() {
        let mut turns = Turns::new(2);
        (0..64).for_each(|_| turns.join(of(Domain::Compute, 1), 0, "compute"));
        turns.join(of(Domain::Storage, 2), 0, "storage");
        let mut at_once: Vec<_> = std::iter::from_fn(|| turns.take()).collect();
        at_once.sort_unstable();
        assert_eq!(at_once, ["compute", "compute", "storage"]);
        turns.done(Domain::Compute);
        assert_eq!((turns.take(), turns.take()), (Some("compute"), None));
    }

    #[test]
    fn domains_and_generations_take_turns() {
        let mut turns = Turns::new(1);
        for _ in 0..3 {
            turns.join(of(Domain::Compute, 1), 0, "one");
            turns.join(of(Domain::Compute, 2), 0, "two");
        }
        assert_eq!(taken(&mut turns, Domain::Compute, 9), ["one", "two", "one", "two", "one", "two"]);
        (0..9).for_each(|_| turns.join(of(Domain::Compute, 1), 0, "compute"));
        turns.join(of(Domain::Nas, 3), 0, "nas");
        let first: Vec<_> = std::iter::from_fn(|| turns.take()).collect();
        assert!(first.contains(&"nas") && first.len() == 2, "{first:?}");
    }

    #[test]
    fn who_has_computed_little_goes_first_and_the_others_come_to_their_end() {
        let mut turns = Turns::new(1);
        (0..3).for_each(|_| turns.join(of(Domain::Oss, 1), FRESH_TURNS, "spent"));
        (0..5).for_each(|_| turns.join(of(Domain::Oss, 1), 0, "fresh"));
        let order = taken(&mut turns, Domain::Oss, 9);
        assert_eq!(order, ["fresh", "fresh", "fresh", "spent", "fresh", "fresh", "spent", "spent"]);
    }
}
