//! The instances of a security group: which are still to be attached or detached, and the account of those that were. Nova
//! is asked in `operate`.

use patchbay_sdk::error::kind;
use patchbay_sdk::{Error, Finished, Progress, log};
use serde::{Deserialize, Serialize};

/// What is to be done for which instances, and what was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Members {
    pub(super) group: String,
    pub(super) action: Action,
    pub(super) left: Vec<String>,
    pub(super) done: Vec<Outcome>,
}

/// What is asked of Nova.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Action {
    Attach,
    Detach,
}

/// What was done for one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outcome {
    instance: String,
    /// The error's kind; none: as it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
    words: String,
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

    /// The account of all instances, as a success or as the first failure.
    pub(super) fn end(self) -> Result<Progress, Error> {
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

impl Outcome {
    pub(super) fn of(instance: String, result: Result<&'static str, Error>) -> Self {
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
