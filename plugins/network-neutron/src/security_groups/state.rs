//! What a security group is, or should be: its name, its description and its rules. How a group gets there is in `change`,
//! how Neutron shows one in `group`.

use patchbay_sdk::network::GroupSpec;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::rule::Rule;

/// What a group is, or should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) rules: Vec<Rule>,
}

impl State {
    /// This with the name, description and rules of `spec`, and its own rules too.
    pub(super) fn with_all_of(self, spec: GroupSpec) -> Self {
        let mut rules: Vec<Rule> = spec.rules.into_iter().map(Rule::from).collect();
        let own = self.rules.into_iter().filter(|own| !holds(&rules, own)).collect::<Vec<_>>();
        rules.extend(own);
        Self { name: spec.name, description: spec.description, rules }
    }

    /// This with the rules of `spec` alone, and its name and description where they are not empty.
    pub(super) fn with_only(&self, spec: GroupSpec) -> Self {
        let or = |new: String, old: &str| if new.is_empty() { old.to_owned() } else { new };
        Self {
            name: or(spec.name, &self.name),
            description: or(spec.description, &self.description),
            rules: spec.rules.into_iter().map(Rule::from).collect(),
        }
    }

    /// What `want` is called and described by, where that is other: Neutron takes no name for the group that every
    /// tenant has, not even its own.
    pub(super) fn other_words(&self, want: &Self) -> Map<String, Value> {
        let words = [("name", &self.name, &want.name), ("description", &self.description, &want.description)];
        let other = words.into_iter().filter(|(_, has, want)| has != want);
        other.map(|(key, _, want)| (key.to_owned(), want.as_str().into())).collect()
    }
}

/// Whether one of the rules says the same as this one.
pub(super) fn holds(rules: &[Rule], rule: &Rule) -> bool {
    rules.iter().any(|one| one.says_the_same(rule))
}

#[cfg(test)]
mod tests {
    use patchbay_sdk::network::RuleSpec;
    use serde_json::json;

    use super::super::rule::tests::asked;
    use super::*;

    fn state(rules: Vec<Rule>) -> State {
        State { name: "web".into(), description: "old".into(), rules }
    }

    fn spec(name: &str, description: &str, protocols: &[&str]) -> GroupSpec {
        let rule = |protocol: &&str| RuleSpec {
            description: String::new(),
            direction: "ingress".into(),
            protocol: (*protocol).into(),
            ports: None,
            remote_ip_prefix: String::new(),
        };
        let rules = protocols.iter().map(rule).collect();
        GroupSpec { name: name.into(), description: description.into(), rules }
    }

    #[test]
    fn a_new_group_keeps_the_rules_that_it_was_born_with() {
        let made =
            state(vec![asked("tcp", ""), asked("tcp", "::/0")]).with_all_of(spec("a", "b", &["tcp", "udp"]));
        assert_eq!((made.name.as_str(), made.description.as_str()), ("a", "b"));
        assert_eq!(made.rules.len(), 3, "{:?}", made.rules);
    }

    #[test]
    fn an_empty_name_or_description_stays() {
        let before = state(vec![asked("tcp", "")]);
        let after = before.with_only(spec("", "", &["udp"]));
        assert_eq!((after.name.as_str(), after.description.as_str()), ("web", "old"));
        assert!(holds(&after.rules, &asked("udp", "")) && !holds(&after.rules, &asked("tcp", "")));
        let after = before.with_only(spec("new", "text", &[]));
        assert_eq!((after.name.as_str(), after.description.as_str(), after.rules.len()), ("new", "text", 0));
    }

    #[test]
    fn only_other_words_are_sent() {
        let has = state(Vec::new());
        assert!(has.other_words(&has).is_empty());
        let renamed = has.other_words(&State { name: "new".into(), ..has.clone() });
        assert_eq!(json!(renamed), json!({"name": "new"}));
    }
}
