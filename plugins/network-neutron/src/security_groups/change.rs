//! A security group on its way to what it should be, or back: new rules are made before others are removed, a rule
//! that stays is not touched. Each step compares anew, so that it may be taken again after a crash.

use patchbay_sdk::error::kind;
use patchbay_sdk::network::GroupSpec;
use patchbay_sdk::{Error, join_all};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::group::{self, Group};
use super::rule::Rule;
use crate::neutron::NEUTRON;
use crate::operation::stating;

/// Rules that are removed at once.
const REMOVED_AT_ONCE: usize = 16;

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
    fn other_words(&self, want: &Self) -> Map<String, Value> {
        let words = [("name", &self.name, &want.name), ("description", &self.description, &want.description)];
        let other = words.into_iter().filter(|(_, has, want)| has != want);
        other.map(|(key, _, want)| (key.to_owned(), want.as_str().into())).collect()
    }
}

/// Makes the group what it should be.
pub(super) async fn reconcile(id: &str, want: &State) -> Result<(), Error> {
    let group = group::show(id).await?;
    let has = group.state();
    make(id, want.rules.iter().filter(|rule| !holds(&has.rules, rule))).await?;
    let words = has.other_words(want);
    if !words.is_empty() {
        group::describe(id, &words).await?;
    }
    // Last, because nothing before it takes a rule from traffic.
    remove(&group, &want.rules).await
}

/// Makes the group what it should be, or else what it was: the error says which of both it is.
pub(super) async fn or_back(id: &str, before: &State, after: &State) -> Result<(), Error> {
    let error = match reconcile(id, after).await {
        Err(error) if !error.is_passing() => error,
        result => return result,
    };
    Err(match reconcile(id, before).await {
        Err(gone) if gone.is(kind::NOT_FOUND) => error,
        back => undone(error, &back),
    })
}

fn undone(error: Error, back: &Result<(), Error>) -> Error {
    let now = match back {
        Ok(()) => "The security group is as it was before, with its old rules.",
        Err(_) => "The old rules that were removed are being made again, and the new ones removed.",
    };
    stating(error, now)
}

/// All at once: Neutron makes all of them or none.
async fn make(id: &str, rules: impl Iterator<Item = &Rule>) -> Result<(), Error> {
    let bodies = rules.map(|rule| of_group(id, rule)).collect::<Vec<_>>();
    if bodies.is_empty() {
        return Ok(());
    }
    let body = json!({"security_group_rules": bodies});
    let answer = NEUTRON.post(&["security-group-rules"]).json(&body)?.ok().await;
    answer.map(drop).map_err(|e| refused(e, id))
}

fn of_group(id: &str, rule: &Rule) -> Value {
    let mut body = json!(rule);
    body["security_group_id"] = id.into();
    body
}

fn refused(error: Error, id: &str) -> Error {
    group::absent(error, id)
        .explain(kind::QUOTA, "The tenant's quota of security group rules is used up.")
        .explain(kind::INVALID, "security_group_rule_sets: the cloud does not take one of the rules.")
        .explain(
            kind::EXISTS,
            "security_group_rule_sets: the cloud has a rule that says the same as one of them.",
        )
}

/// Removes the rules that `wanted` does not hold.
async fn remove(group: &Group, wanted: &[Rule]) -> Result<(), Error> {
    let extra: Vec<_> = group.rules.iter().filter(|shown| !holds(wanted, &shown.rule)).collect();
    for some in extra.chunks(REMOVED_AT_ONCE) {
        let removed = some.iter().map(|shown| NEUTRON.delete(&["security-group-rules", &shown.id]).gone());
        join_all(removed).await.into_iter().collect::<Result<Vec<()>, Error>>()?;
    }
    Ok(())
}

fn holds(rules: &[Rule], rule: &Rule) -> bool {
    rules.iter().any(|one| one.says_the_same(rule))
}

#[cfg(test)]
mod tests {
    use patchbay_sdk::network::RuleSpec;

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

    #[test]
    fn a_failure_says_which_state_holds() {
        let over = || Error::public(kind::QUOTA, "Too many.");
        let error = undone(over(), &Ok(()));
        assert!(
            error.is(kind::QUOTA) && error.message.starts_with("Too many. The security group is as it was")
        );
        assert!(undone(over(), &Err(over())).message.contains("are being made again"));
    }
}
