//! Shares of what everybody uses: how much of it each one has now, and how much one may have. Only those that have some
//! are remembered. What is shared is not known here.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What each has of one thing, by whom it is counted.
pub struct Shares<K> {
    max: usize,
    taken: Mutex<HashMap<K, usize>>,
}

/// One piece, until it is dropped.
pub struct Share<K: Eq + Hash> {
    of: Arc<Shares<K>>,
    whose: K,
}

impl<K: Copy + Eq + Hash> Shares<K> {
    /// Of something of which each may have so much.
    pub fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, taken: Mutex::default() })
    }

    /// One more piece; `None` for who has its share.
    pub fn take(self: &Arc<Self>, whose: K) -> Option<Share<K>> {
        self.take_within(whose, self.max)
    }

    /// The same for one whose share is another than everybody's.
    pub fn take_within(self: &Arc<Self>, whose: K, max: usize) -> Option<Share<K>> {
        let mut all = self.lock();
        let taken = all.get(&whose).copied().unwrap_or(0);
        if taken >= max {
            return None;
        }
        all.insert(whose, taken + 1);
        Some(Share { of: Arc::clone(self), whose })
    }

    /// A piece that one has already, whatever its share.
    pub fn count(self: &Arc<Self>, whose: K) -> Share<K> {
        *self.lock().entry(whose).or_default() += 1;
        Share { of: Arc::clone(self), whose }
    }
}

impl<K> Shares<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        let mut all = self.of.lock();
        match all.get_mut(&self.whose) {
            Some(taken) if *taken > 1 => *taken -= 1,
            _ => drop(all.remove(&self.whose)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shares;

    #[test]
    fn each_has_its_share_and_who_has_nothing_is_forgotten() {
        let shares = Shares::new(2);
        let (first, second) = (shares.take("a"), shares.take("a"));
        assert!(first.is_some() && second.is_some());
        assert!(shares.take("a").is_none());
        assert!(shares.take("b").is_some(), "and given back at once");
        assert!(shares.take_within("a", 3).is_some() && shares.take_within("b", 0).is_none());
        let beyond = shares.count("a");
        drop(first);
        assert!(shares.take("a").is_none(), "two are left");
        drop(beyond);
        assert!(shares.take("a").is_some());
        drop(second);
        assert!(shares.lock().is_empty());
    }
}
