//! A security group on its way to what it should be, or back: new rules are made before others are removed, a rule
//! that stays is not touched. Each step compares anew, so that it may be taken again after a crash. What is
//! compared is in `state`.

use patchbay_sdk::error::kind;
use patchbay_sdk::stale::{Stop, doubtful};
use patchbay_sdk::{Error, join_all};
use serde_json::{Value, json};

use super::group::{self, Group};
use super::rule::Rule;
use super::state::{State, holds};
use crate::error::stating;
use crate::neutron::NEUTRON;

/// Rules that are removed at once.
const REMOVED_AT_ONCE: usize = 16;

/// Makes the group what it should be.
pub(super) async fn reconcile(id: &str, want: &State) -> Result<(), Stop> {
    let group = group::look(id).await?;
    let has = group.state();
    make(id, want.rules.iter().filter(|rule| !holds(&has.rules, rule))).await?;
    let words = has.other_words(want);
    if !words.is_empty() {
        group::describe(id, &words).await?;
    }
    // Last, because nothing before it takes a rule from traffic.
    Ok(remove(&group, &want.rules).await?)
}

/// Makes the group what it should be, or else what it was: the error says which of both it is.
pub(super) async fn or_back(id: &str, before: &State, after: &State) -> Result<(), Stop> {
    let error = match reconcile(id, after).await {
        Err(Stop::Failed(error)) if !error.is_passing() => error,
        Err(Stop::Doubtful(Err(error))) => return Err(doubtful(undone(error, false))),
        result => return result,
    };
    Err(match reconcile(id, before).await {
        Err(Stop::Failed(gone) | Stop::Doubtful(Err(gone))) if gone.is(kind::NOT_FOUND) => error,
        back => undone(error, back.is_ok()),
    }
    .into())
}

fn undone(error: Error, is_back: bool) -> Error {
    let now = if is_back {
        "The security group is as it was before, with its old rules."
    } else {
        "The old rules that were removed are being made again, and the new ones removed."
    };
    stating(error, now)
}

/// All at once: Neutron makes all of them or none.
async fn make(id: &str, rules: impl Iterator<Item = &Rule>) -> Result<(), Stop> {
    let bodies = rules.map(|rule| of_group(id, rule)).collect::<Vec<_>>();
    if bodies.is_empty() {
        return Ok(());
    }
    let body = json!({"security_group_rules": bodies});
    let answer = NEUTRON.post(&["security-group-rules"]).json(&body)?.ok().await;
    answer.map(drop).map_err(|e| {
        // A look that did not show a rule may have been at how the group was before.
        let is_there = e.is(kind::EXISTS);
        let error = refused(e, id);
        if is_there { doubtful(error) } else { error.into() }
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_which_state_holds() {
        let over = || Error::public(kind::QUOTA, "Too many.");
        let error = undone(over(), true);
        assert!(
            error.is(kind::QUOTA) && error.message.starts_with("Too many. The security group is as it was")
        );
        assert!(undone(over(), false).message.contains("are being made again"));
    }
}
