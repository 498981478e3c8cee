//! Whether the host wants calls, and why not. Who finds a reason says so here under a name of its own, and takes it back;
//! `/healthz` shows them. Nothing is found out here.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Whether the host wants calls: not before everything is up, not while it drains, and not while there is a reason against
/// it. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<State>);

#[derive(Debug, Default)]
struct State {
    up: AtomicBool,
    reasons: Mutex<BTreeMap<&'static str, String>>,
}

impl Readiness {
    /// Whether everything is up, from now on.
    pub fn set(&self, up: bool) {
        self.0.up.store(up, Ordering::Release);
    }

    /// Whether the host wants calls; at first, no.
    #[must_use]
    pub fn get(&self) -> bool {
        self.0.up.load(Ordering::Acquire) && self.with_reasons(|reasons| reasons.is_empty())
    }

    /// The host is not ready because of `name`, until that is released; `why` is a sentence for operators.
    pub fn hold(&self, name: &'static str, why: &str) {
        self.with_reasons(|reasons| drop(reasons.insert(name, why.to_owned())));
    }

    /// That reason is gone.
    pub fn release(&self, name: &'static str) {
        self.with_reasons(|reasons| drop(reasons.remove(name)));
    }

    /// What there is against it, a line each; empty while it is only not up.
    #[must_use]
    pub fn reasons(&self) -> String {
        let line = |(name, why): (&&str, &String)| format!("{name}: {why}\n");
        self.with_reasons(|reasons| reasons.iter().map(line).collect())
    }

    fn with_reasons<T>(&self, work: impl FnOnce(&mut BTreeMap<&'static str, String>) -> T) -> T {
        work(&mut self.0.reasons.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_ready_when_it_is_up_and_nothing_is_against_it() {
        let ready = Readiness::default();
        assert!(!ready.get() && ready.reasons().is_empty());
        ready.set(true);
        ready.hold("b", "two");
        ready.hold("a", "one");
        ready.hold("a", "three");
        assert!(!ready.get());
        assert_eq!(ready.reasons(), "a: three\nb: two\n");
        ready.release("b");
        ready.release("a");
        assert!(ready.get());
        ready.set(false);
        assert!(!ready.get());
    }
}
