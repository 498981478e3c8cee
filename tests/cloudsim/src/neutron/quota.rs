//! How many of each kind a project may have.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::attributes::wrong;
use super::standard::Standard;
use super::{Networks, Request, bad_request, invalid_input, no_route, require};
use crate::call::{Answer, Outcome, Refusal};

/// One project's limits; -1 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkQuota {
    /// Networks.
    pub network: i64,
    /// Subnets of all of them.
    pub subnet: i64,
    /// Ports that clients make.
    pub port: i64,
    /// Routers.
    pub router: i64,
    /// Routes of one router.
    pub router_route: i64,
    /// Security groups, the default among them.
    pub security_group: i64,
    /// Rules of all of them.
    pub security_group_rule: i64,
}

impl Default for NetworkQuota {
    fn default() -> Self {
        Self {
            network: 100,
            subnet: 100,
            port: 500,
            router: 10,
            router_route: 30,
            security_group: 10,
            security_group_rule: 100,
        }
    }
}

/// What is counted in a project.
#[derive(Clone, Copy)]
pub(super) enum Counted {
    Network,
    Subnet,
    Port,
    Router,
    Group,
    Rules(usize),
}

impl Counted {
    /// Its name, its limit, and how many are to come.
    fn limit(self, quota: NetworkQuota) -> (&'static str, i64, usize) {
        match self {
            Self::Network => ("network", quota.network, 1),
            Self::Subnet => ("subnet", quota.subnet, 1),
            Self::Port => ("port", quota.port, 1),
            Self::Router => ("router", quota.router, 1),
            Self::Group => ("security_group", quota.security_group, 1),
            Self::Rules(more) => ("security_group_rule", quota.security_group_rule, more),
        }
    }
}

impl Networks {
    /// A project's limits.
    pub(crate) fn set_quota(&mut self, project: &str, quota: NetworkQuota) {
        self.quotas.insert(project.to_owned(), quota);
    }

    pub(super) fn quota(&self, project: &str) -> NetworkQuota {
        self.quotas.get(project).copied().unwrap_or_default()
    }

    /// 409 where one more, or as many rules more, are too many.
    pub(super) fn check_quota(&self, project: &str, counted: Counted) -> Result<(), Refusal> {
        let (name, limit, more) = counted.limit(self.quota(project));
        let then = i64::try_from(self.used(project, counted) + more).unwrap_or(i64::MAX);
        if limit < 0 || then <= limit { Ok(()) } else { Err(exceeded(name)) }
    }

    fn used(&self, project: &str, counted: Counted) -> usize {
        let own = |standard: &&Standard| standard.project_id == project;
        match counted {
            Counted::Network => self.networks.values().map(|network| &network.standard).filter(own).count(),
            Counted::Subnet => self.subnets.values().map(|subnet| &subnet.standard).filter(own).count(),
            Counted::Port => self.ports.values().map(|port| &port.standard).filter(own).count(),
            Counted::Router => self.routers.values().map(|router| &router.standard).filter(own).count(),
            Counted::Group => self.groups.values().map(|group| &group.standard).filter(own).count(),
            Counted::Rules(_) => self.rules.values().filter(|rule| rule.project_id == project).count(),
        }
    }
}

/// 409; the body has no numbers.
pub(super) fn exceeded(name: &str) -> Refusal {
    Refusal::conflict(format!("Quota exceeded for resources: ['{name}'].")).kind("OverQuota")
}

pub(super) fn route(networks: &mut Networks, request: &Request<'_>, rest: &[&str]) -> Outcome {
    let caller = request.caller;
    match (request.call.method.as_str(), rest) {
        ("GET", [project]) => {
            require(caller.admin || caller.project_id == *project, "get_quota")?;
            Ok(shown(networks.quota(project)))
        }
        ("PUT", [project]) => {
            require(caller.admin, "update_quota")?;
            let quota = changed(networks.quota(project), request)?;
            networks.set_quota(project, quota);
            Ok(shown(quota))
        }
        ("DELETE", [project]) => {
            require(caller.admin, "delete_quota")?;
            networks.quotas.remove(*project);
            Ok(Answer::empty(204))
        }
        _ => Err(no_route()),
    }
}

fn shown(quota: NetworkQuota) -> Answer {
    let mut view = json!(quota);
    // What is not simulated has its limit all the same.
    for (name, limit) in [("subnetpool", -1), ("floatingip", 50), ("rbac_policy", 10)] {
        view[name] = json!(limit);
    }
    Answer::json(200, &json!({"quota": view}))
}

fn changed(quota: NetworkQuota, request: &Request<'_>) -> Result<NetworkQuota, Refusal> {
    let body = request.call.json().unwrap_or_default();
    let said = body.get("quota").and_then(Value::as_object);
    let said = said.ok_or_else(|| bad_request("Unable to find 'quota' in request body"))?;
    let mut limits: Map<String, Value> = json!(quota).as_object().cloned().unwrap_or_default();
    for (name, limit) in said {
        let place = limits.get_mut(name);
        let place = place.ok_or_else(|| bad_request(format!("Unrecognized attribute(s) '{name}'")))?;
        *place = json!(checked(name, limit)?);
    }
    serde_json::from_value(Value::Object(limits)).map_err(|error| bad_request(error.to_string()))
}

fn checked(name: &str, limit: &Value) -> Result<i64, Refusal> {
    let text = limit.as_str().map_or_else(|| limit.to_string(), str::to_owned);
    let number: i64 = text.parse().map_err(|_| invalid_input(&format!("'{text}' is not an integer")))?;
    if number < -1 {
        return Err(wrong(name, &format!("'{number}' is too small - must be at least '-1'.")));
    }
    Ok(number)
}
