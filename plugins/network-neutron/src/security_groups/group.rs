//! Neutron's security groups: requests, and the words in which Neutron answers.

use patchbay_sdk::Error;
use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Id, Items, Text, Time};
use patchbay_sdk::network;
use patchbay_sdk::stale::{Stop, doubtful};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::rule;
use super::state::State;
use crate::neutron::NEUTRON;

/// The name of the group that every tenant has; Neutron keeps it for that one.
pub(super) const DEFAULT: &str = "default";

/// A group as Neutron shows it.
#[derive(Debug, Deserialize)]
pub(super) struct Group {
    pub(super) id: Id,
    pub(super) name: Text,
    description: Text,
    #[serde(rename = "security_group_rules")]
    pub(super) rules: Items<rule::Shown>,
    created_at: Time,
    updated_at: Time,
}

#[derive(Deserialize)]
struct One {
    security_group: Group,
}

impl Group {
    /// What a change of it begins with.
    pub(super) fn state(&self) -> State {
        State {
            name: self.name.to_string(),
            description: self.description.to_string(),
            rules: self.rules.iter().map(|shown| shown.rule.clone()).collect(),
        }
    }

    /// As the contract's group. Neutron shows rules in any order; here the oldest is first.
    pub(super) fn into_group(self) -> network::Group {
        let mut rules: Vec<_> = self.rules.into_iter().map(rule::Shown::into_rule).collect();
        rules.sort_by(|a, b| (&a.created_at, &a.id).cmp(&(&b.created_at, &b.id)));
        network::Group {
            id: self.id.into(),
            name: self.name.into(),
            description: self.description.into(),
            rules,
            created_at: self.created_at.into(),
            updated_at: self.updated_at.into(),
        }
    }
}

/// The group, now.
pub(super) async fn show(id: &str) -> Result<Group, Error> {
    let answer = NEUTRON.get(&["security-groups", id]).show().await.map_err(|e| absent(e, id))?;
    Ok(answer.json::<One>()?.security_group)
}

/// A group that was there a moment ago: where it is not, the cloud may not all know it yet.
pub(super) async fn look(id: &str) -> Result<Group, Stop> {
    let answer = NEUTRON.get(&["security-groups", id]).look().await.map_err(|error| {
        let error = match error.kind.as_str() {
            kind::NOT_FOUND => return doubtful(absent(error, id)),
            kind::DENIED => Error { kind: kind::NOT_FOUND.into(), ..error },
            _ => error,
        };
        absent(error, id).into()
    });
    Ok(answer?.json::<One>()?.security_group)
}

/// A new group, with the rules that Neutron gives every one.
pub(super) async fn make(name: &str, description: &str) -> Result<Group, Error> {
    let body = json!({"security_group": {"name": name, "description": description}});
    let answer = NEUTRON.post(&["security-groups"]).json(&body)?.ok().await;
    let answer = answer.map_err(|e| {
        reserved(e)
            .explain(kind::QUOTA, "The tenant's quota of security groups or of their rules is used up.")
    })?;
    Ok(answer.json::<One>()?.security_group)
}

/// Gives the group another name, description or both.
pub(super) async fn describe(id: &str, words: &Map<String, Value>) -> Result<(), Error> {
    let answer = NEUTRON.put(&["security-groups", id]).json(&json!({"security_group": words}))?.ok().await;
    answer.map(drop).map_err(|e| absent(reserved(e), id))
}

/// Removes the group with its rules; one that is gone already is removed. Whether it was there.
pub(super) async fn delete(id: &str) -> Result<bool, Error> {
    NEUTRON.delete(&["security-groups", id]).taken().await.map_err(|e| {
        let sentence = format_args!("The security group {id} is in use; detach it from its instances first.");
        e.explain(kind::CONFLICT, sentence.to_string())
    })
}

/// Says "not-found" in the platform's words.
pub(super) fn absent(error: Error, id: &str) -> Error {
    error.explain(kind::NOT_FOUND, format_args!("There is no security group {id}."))
}

/// Names are free but for one.
fn reserved(error: Error) -> Error {
    let sentence = "security_group_name: this name belongs to the tenant's default security group.";
    error.explain(kind::EXISTS, sentence)
}
