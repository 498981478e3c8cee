//! The instances of a security group: attached and detached by Nova, each for itself, so that a failure on one is
//! told and does not stop the others.

use patchbay_sdk::error::kind;
use patchbay_sdk::openstack::Service;
use patchbay_sdk::{Error, Finished, Progress, join_all, log};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Ticket;
use crate::neutron::UPSTREAM;

const NOVA: Service = Service { upstream: UPSTREAM, root: &["compute"], microversion: None };

/// Instances that are asked for at once.
const AT_ONCE: usize = 8;

/// What is to be done for which instances, and what was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Members {
    group: String,
    action: Action,
    left: Vec<String>,
    done: Vec<Outcome>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Action {
    Attach,
    Detach,
}

/// What was done for one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Outcome {
    instance: String,
    /// The error's kind; none: as it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
    words: String,
}

#[derive(Deserialize)]
struct Groups {
    security_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    id: String,
}

impl Members {
    /// Nothing is done yet. `action`: "attach" or "detach".
    pub(super) fn new(group: String, left: Vec<String>, action: &str) -> Result<Self, Error> {
        let action = match action {
            "attach" => Action::Attach,
            "detach" => Action::Detach,
            _ => return Err(Error::public(kind::INVALID, "ops_type must be attach or detach.")),
        };
        Ok(Self { group, action, left, done: Vec::new() })
    }

    /// Does it for the next few instances. One that the cloud has no time for now comes again after the others.
    pub(super) async fn poll(mut self) -> Result<Progress, Error> {
        let next: Vec<String> = self.left.drain(..self.left.len().min(AT_ONCE)).collect();
        let results = join_all(next.iter().map(|instance| self.action.take(&self.group, instance))).await;
        let (before, mut passing) = (self.done.len(), None);
        for (instance, result) in next.into_iter().zip(results) {
            match result {
                Err(error) if error.is_passing() => {
                    self.left.push(instance);
                    passing = Some(error);
                }
                result => self.done.push(Outcome::of(instance, result)),
            }
        }
        match passing {
            Some(error) if self.done.len() == before => Err(error),
            _ if self.left.is_empty() => self.end(),
            _ => Ok(Ticket::Operate(self).pending("instances-changing")),
        }
    }

    /// The account of all instances, as a success or as the first failure.
    fn end(self) -> Result<Progress, Error> {
        let (all, failures) = (self.done.len(), self.done.iter().filter_map(|one| one.failed.as_deref()));
        let done = all - failures.clone().count();
        let each: Vec<_> = self.done.iter().map(|one| format!("{}: {}", one.instance, one.words)).collect();
        let account = format!("{done} of {all} instances done. {}.", each.join("; "));
        match failures.clone().next() {
            Some(kind) => Err(Error::public(kind, account)),
            None => Ok(Progress::Finished(Finished { at: None, message: Some(account) })),
        }
    }
}

impl Action {
    /// Does it for one instance, and says what was done.
    async fn take(self, group: &str, instance: &str) -> Result<&'static str, Error> {
        let attached = groups_of(instance).await?.iter().any(|one| one.id == group);
        let (request, done) = match (self, attached) {
            (Self::Attach, true) => return Ok("is attached already"),
            (Self::Detach, false) => return Ok("was not attached"),
            (Self::Attach, false) => ("addSecurityGroup", "attached"),
            (Self::Detach, true) => ("removeSecurityGroup", "detached"),
        };
        // Nova takes a name here too, and an id is a name that no two groups share.
        let body = json!({request: {"name": group}});
        let answer = NOVA.post(&["servers", instance, "action"]).json(&body)?.ok().await;
        answer.map(|_| done).map_err(portless)
    }
}

/// Nova answers "not found" for an instance that it shows, too, before it has given it a port.
fn portless(error: Error) -> Error {
    if !error.is(kind::NOT_FOUND) {
        return error;
    }
    log::debug(&error.message);
    Error::public(kind::CONFLICT, "it has no network port, or is still being made")
}

async fn groups_of(instance: &str) -> Result<Vec<Group>, Error> {
    let answer = NOVA.get(&["servers", instance, "os-security-groups"]).show().await;
    let answer = answer.map_err(|e| e.explain(kind::NOT_FOUND, "there is no such instance"))?;
    Ok(answer.json::<Groups>()?.security_groups)
}

impl Outcome {
    fn of(instance: String, result: Result<&'static str, Error>) -> Self {
        match result {
            Ok(words) => Self { instance, failed: None, words: words.into() },
            Err(error) => Self { instance, failed: Some(error.kind.clone()), words: words(error) },
        }
    }
}

fn words(error: Error) -> String {
    if error.public {
        return error.message;
    }
    log::warn(&error.message);
    match error.kind.as_str() {
        kind::CONFLICT => "is not in a state that allows this".into(),
        kind => format!("the cloud did not do it ({kind})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(results: Vec<Result<&'static str, Error>>) -> Members {
        let mut members = Members::new("g1".into(), Vec::new(), "attach").unwrap();
        let named = results.into_iter().enumerate();
        members.done = named.map(|(n, result)| Outcome::of(format!("s{n}"), result)).collect();
        members
    }

    #[test]
    fn a_success_tells_of_each_instance() {
        let Progress::Finished(end) = members(vec![Ok("attached"), Ok("is attached already")]).end().unwrap()
        else {
            panic!("it goes on");
        };
        let account = "2 of 2 instances done. s0: attached; s1: is attached already.";
        assert_eq!(end.message.as_deref(), Some(account));
    }

    #[test]
    fn a_failure_tells_of_each_instance_too() {
        let unknown = Error::public(kind::NOT_FOUND, "there is no such instance");
        let locked = Error::public(kind::CONFLICT, "it has no network port");
        let error = members(vec![Ok("attached"), Err(unknown), Err(locked)]).end().unwrap_err();
        assert!(error.is(kind::NOT_FOUND) && error.public, "the first failure's kind");
        let account =
            "1 of 3 instances done. s0: attached; s1: there is no such instance; s2: it has no network port.";
        assert_eq!(error.message, account);
    }

    #[test]
    fn other_actions_are_refused() {
        assert!(Members::new("g1".into(), Vec::new(), "move").unwrap_err().message.contains("ops_type"));
    }
}
