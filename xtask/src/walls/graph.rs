//! Who needs whom, and who needs each other.

use std::collections::{BTreeMap, BTreeSet};

/// Arrows from one to another, each with the names that are taken.
#[derive(Default)]
pub(super) struct Graph(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Graph {
    /// One takes a name from another.
    pub(super) fn takes(&mut self, from: &str, to: &str, name: &str) {
        self.0.entry(from.to_owned()).or_default().entry(to.to_owned()).or_default().insert(name.to_owned());
    }

    /// Every set of those that need each other, as lines of its arrows.
    pub(super) fn circles(&self) -> Vec<String> {
        let reached: BTreeMap<_, _> = self.0.keys().map(|from| (from, self.reached(from))).collect();
        let mut seen = BTreeSet::new();
        let mut circles = Vec::new();
        for (from, all) in &reached {
            if seen.contains(from) || !all.contains(*from) {
                continue;
            }
            let circle: BTreeSet<_> =
                all.iter().filter(|to| reached.get(to).is_some_and(|back| back.contains(*from))).collect();
            seen.extend(circle.iter().copied());
            circles.push(self.arrows(&circle));
        }
        circles
    }

    /// All that one needs, by whatever way.
    fn reached(&self, from: &String) -> BTreeSet<String> {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(at) = next.pop() {
            for to in self.0.get(at).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(to.clone()) {
                    next.push(to);
                }
            }
        }
        reached
    }

    fn arrows(&self, circle: &BTreeSet<&String>) -> String {
        let mut lines = Vec::new();
        for from in circle {
            for (to, names) in self.0.get(*from).into_iter().flatten().filter(|(to, _)| circle.contains(to)) {
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                lines.push(format!("    {from} -> {to}: {}", names.join(", ")));
            }
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::Graph;

    #[test]
    fn who_needs_each_other_is_found_and_who_only_needs_is_not() {
        let mut graph = Graph::default();
        for (from, to) in [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d"), ("e", "e2"), ("e2", "e")] {
            graph.takes(from, to, "x");
        }
        assert_eq!(graph.circles(), ["    b -> c: x\n    c -> b: x", "    e -> e2: x\n    e2 -> e: x"]);
    }
}
