//! Attaching a security group to instances and detaching it: by Nova, for each instance by itself, so that a failure on one
//! is told and does not stop the others. What is told of them is in `member`.

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Id, Items};
use patchbay_sdk::openstack::Service;
use patchbay_sdk::{Error, Progress, join_all, log};
use serde::Deserialize;
use serde_json::json;

use super::member::{Action, Members, Outcome};
use super::ticket::Ticket;
use crate::neutron::UPSTREAM;

const NOVA: Service = Service { upstream: UPSTREAM, root: &["compute"], microversion: None };

/// Instances that are asked for at once.
const AT_ONCE: usize = 8;

#[derive(Deserialize)]
struct Groups {
    security_groups: Items<Group>,
}

#[derive(Deserialize)]
struct Group {
    id: Id,
}

impl Members {
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
}

impl Action {
    /// Does it for one instance, and says what was done.
    async fn take(self, group: &str, instance: &str) -> Result<&'static str, Error> {
        let attached = groups_of(instance).await?.iter().any(|one| one.id == *group);
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

async fn groups_of(instance: &str) -> Result<Items<Group>, Error> {
    let answer = NOVA.get(&["servers", instance, "os-security-groups"]).show().await;
    let answer = answer.map_err(|e| e.explain(kind::NOT_FOUND, "there is no such instance"))?;
    Ok(answer.json::<Groups>()?.security_groups)
}
