//! How many servers, cores and MiB a project may have.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::flavor::Flavor;
use super::{Compute, body_object, require};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::World;

/// One project's limits; -1 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ComputeQuota {
    /// How many servers.
    pub instances: i64,
    /// Virtual CPUs of all of them.
    pub cores: i64,
    /// MiB of all of them.
    pub ram: i64,
}

impl Default for ComputeQuota {
    fn default() -> Self {
        Self { instances: 10, cores: 20, ram: 51_200 }
    }
}

/// One limit, what is used of it, and what is wanted more.
struct Row {
    name: &'static str,
    limit: i64,
    used: i64,
    more: i64,
}

impl Row {
    fn of_flavors(
        name: &'static str,
        limit: i64,
        used: &[&Flavor],
        change: &Change<'_>,
        what: fn(&Flavor) -> u32,
    ) -> Self {
        let used = used.iter().map(|flavor| i64::from(what(flavor))).sum();
        let less = change.less.map_or(0, |flavor| i64::from(what(flavor)));
        Self { name, limit, used, more: i64::from(what(change.more)) - less }
    }

    fn is_over(&self) -> bool {
        self.limit >= 0 && self.more > 0 && self.used + self.more > self.limit
    }
}

/// What a creation or a resize changes.
pub(super) struct Change<'a> {
    /// Servers more.
    pub(super) instances: i64,
    pub(super) more: &'a Flavor,
    /// The flavor that a resize gives back.
    pub(super) less: Option<&'a Flavor>,
}

impl Compute {
    /// 403 where the project would have too much.
    pub(super) fn check_quota(&self, project: &str, change: &Change<'_>) -> Result<(), Refusal> {
        let quota = self.quotas.get(project).copied().unwrap_or_default();
        let own: Vec<&Flavor> = self.living(project).map(|server| &*server.flavor).collect();
        let used = i64::try_from(own.len()).unwrap_or(i64::MAX);
        let rows = [
            Row::of_flavors("cores", quota.cores, &own, change, |flavor| flavor.vcpus),
            Row { name: "instances", limit: quota.instances, used, more: change.instances },
            Row::of_flavors("ram", quota.ram, &own, change, |flavor| flavor.ram),
        ];
        let over: Vec<Row> = rows.into_iter().filter(Row::is_over).collect();
        if over.is_empty() { Ok(()) } else { Err(exceeded(&over)) }
    }
}

fn exceeded(rows: &[Row]) -> Refusal {
    let join = |text: fn(&Row) -> String| rows.iter().map(text).collect::<Vec<_>>().join(", ");
    let names = join(|row| row.name.to_owned());
    Refusal::forbidden(format!(
        "Quota exceeded for {names}: Requested {}, but already used {} of {} {names}",
        join(|row| row.more.to_string()),
        join(|row| row.used.to_string()),
        join(|row| row.limit.to_string()),
    ))
}

pub(super) fn route(world: &mut World, call: &Call, caller: &Caller, method: &str, project: &str) -> Outcome {
    let quotas = &mut world.compute.quotas;
    let mut quota = quotas.get(project).copied().unwrap_or_default();
    if method == "PUT" {
        require(caller.admin, "os-quota-sets:update")?;
        let body = body_object(call, "quota_set")?;
        let number = |name: &str, now: i64| body.get(name).and_then(Value::as_i64).unwrap_or(now);
        quota.instances = number("instances", quota.instances);
        quota.cores = number("cores", quota.cores);
        quota.ram = number("ram", quota.ram);
        quotas.insert(project.to_owned(), quota);
    } else {
        require(caller.admin || caller.project_id == project, "os-quota-sets:show")?;
    }
    let ComputeQuota { instances, cores, ram } = quota;
    let set = json!({"id": project, "instances": instances, "cores": cores, "ram": ram});
    Ok(Answer::json(200, &json!({"quota_set": set})))
}
