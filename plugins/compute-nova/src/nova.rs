//! Nova as every file here uses it: the service at its versions, and a server's state on its way. What is
//! shown of a server is in `server`.

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Maybe, Text, Time};
use patchbay_sdk::openstack::Service;
use patchbay_sdk::{Error, reason};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Granted as the tenant.
pub(crate) const UPSTREAM: &str = "openstack";
/// Granted as the cloud's administrator, for the hypervisor's name, which Nova hides from tenants.
pub(crate) const ADMIN_UPSTREAM: &str = "openstack-admin";

/// 2.52: tags on create; 2.58: times of instance actions; 2.74: `hypervisor_hostname` on create.
pub(crate) const NOVA: Service =
    Service { upstream: UPSTREAM, root: &["compute"], microversion: Some("compute 2.74") };

/// 2.47: a server shows the flavor it has, even one that is deleted. What later versions add to a server is
/// not read here and costs Nova queries.
pub(crate) const SERVERS: Service =
    Service { upstream: UPSTREAM, root: &["compute"], microversion: Some("compute 2.47") };

/// 2.1: flavors without their extra specs.
pub(crate) const FLAVORS: Service = Service { upstream: UPSTREAM, root: &["compute"], microversion: None };

/// Where a server is on its way.
#[derive(Debug, Deserialize)]
pub(crate) struct State {
    pub(crate) status: Text,
    #[serde(rename = "OS-EXT-STS:task_state")]
    task: Text,
    pub(crate) updated: Time,
    flavor: Maybe<FlavorName>,
    fault: Maybe<Fault>,
}

#[derive(Debug, Deserialize)]
struct FlavorName {
    original_name: Text,
}

#[derive(Debug, Deserialize)]
struct Fault {
    message: Text,
    created: Time,
}

/// How a server was before an action: what it shows of that time is not the action's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Before {
    pub(crate) updated: String,
    pub(crate) fault: String,
}

impl From<&State> for Before {
    fn from(state: &State) -> Self {
        Self { updated: state.updated.to_string(), fault: state.fault_at().to_owned() }
    }
}

#[derive(Deserialize)]
struct One {
    server: State,
}

impl State {
    /// What is going on with it, none where nothing is.
    pub(crate) fn task(&self) -> Option<&str> {
        Some(self.task.as_str()).filter(|task| !task.is_empty())
    }

    /// The name of the flavor that it has; empty where Nova does not tell.
    pub(crate) fn flavor(&self) -> &str {
        self.flavor.as_ref().map_or("", |flavor| flavor.original_name.as_str())
    }

    /// Whether it is in `status` and nothing is going on. A stop shows ACTIVE with a task first, so status
    /// alone does not tell.
    pub(crate) fn rests_in(&self, status: &str) -> bool {
        self.task().is_none() && self.status == *status
    }

    /// When what is wrong with it came about; empty where nothing is.
    pub(crate) fn fault_at(&self) -> &str {
        self.fault.as_ref().map_or("", |fault| &fault.created)
    }

    /// The error of a server that the cloud gave up on. One that is at a task is on its way, whatever it was before.
    pub(crate) fn failure(&self) -> Option<Error> {
        if !self.rests_in("ERROR") {
            return None;
        }
        let fault = self.fault.as_ref().map_or("", |fault| fault.message.as_str());
        let (kind, sentence) = if fault.contains("No valid host") {
            (kind::QUOTA, "The cloud has no room for this flavor in this availability zone.")
        } else if fault.contains("uota") || fault.contains("Exceeded") {
            (kind::QUOTA, "The tenant's quota is used up.")
        } else {
            (kind::INTERNAL, "The cloud failed on the instance.")
        };
        Some(reason::failed(kind, sentence, fault))
    }
}

/// The server's state, now. "not-found" where there is none.
pub(crate) async fn state(id: &str) -> Result<State, Error> {
    let answer = SERVERS.get(&["servers", id]).look().await.map_err(|e| absent(e, id))?;
    Ok(answer.json::<One>()?.server)
}

/// Begins an action on a server. An action soon after the server's create can be 404 although the server is
/// shown, because it is not in its cell yet: that is "busy".
pub(crate) async fn act(id: &str, action: &Value) -> Result<(), Error> {
    let answer = SERVERS.post(&["servers", id, "action"]).json(action)?.ok().await;
    match answer {
        Err(error) if error.is(kind::NOT_FOUND) => {
            state(id).await?;
            Err(Error::public(kind::BUSY, format_args!("The instance {id} is still being made; try again.")))
        }
        answer => answer.map(|_| ()),
    }
}

/// Says "not-found" in the platform's words.
pub(crate) fn absent(error: Error, id: &str) -> Error {
    error.explain(kind::NOT_FOUND, format_args!("There is no instance {id}."))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A server that rests in `status`, or is at `task`.
    pub(crate) fn state(status: &str, task: Option<&str>) -> State {
        let flavor = FlavorName { original_name: "small".into() }.into();
        let (status, task) = (status.into(), task.unwrap_or_default().into());
        State { status, task, updated: "2026-11-23T09:24:05Z".into(), flavor, fault: Maybe::default() }
    }

    /// The same, which failed then.
    pub(crate) fn failed(at: &str, state: State) -> State {
        State { fault: Fault { message: "broken".into(), created: at.into() }.into(), ..state }
    }

    #[test]
    fn a_server_with_a_task_does_not_rest() {
        assert!(state("ACTIVE", None).rests_in("ACTIVE"));
        assert!(!state("ACTIVE", Some("powering-off")).rests_in("ACTIVE"));
        assert!(!state("SHUTOFF", None).rests_in("ACTIVE"));
    }

    #[test]
    fn a_task_counts_before_the_state() {
        assert!(state("ERROR", Some("reboot_started_hard")).failure().is_none());
        assert!(state("ERROR", None).failure().is_some());
    }

    #[test]
    fn a_fault_is_told_by_its_cause() {
        assert!(state("BUILD", None).failure().is_none());
        for (message, kind) in [
            ("No valid host was found. ", kind::QUOTA),
            ("Build of instance x aborted: VolumeLimitExceeded", kind::QUOTA),
            ("Unexpected API Error", kind::INTERNAL),
        ] {
            let fault = Fault { message: message.into(), created: Time::default() }.into();
            let server = State { fault, ..state("ERROR", None) };
            let error = server.failure().unwrap();
            assert!(error.is(kind) && error.public && error.message.contains(message.trim()), "{error:?}");
        }
    }
}
