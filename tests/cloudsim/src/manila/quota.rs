//! How many shares, gigabytes and share networks a project may have.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Shares, body_object, require};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::World;

/// One project's limits; -1 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShareQuota {
    /// How many.
    pub shares: i64,
    /// GiB in all of them.
    pub gigabytes: i64,
    /// GiB in one.
    pub per_share_gigabytes: i64,
    /// Share networks.
    pub share_networks: i64,
}

impl Default for ShareQuota {
    fn default() -> Self {
        Self { shares: 50, gigabytes: 1000, per_share_gigabytes: -1, share_networks: 10 }
    }
}

impl Shares {
    /// 413 where one more share of `size` GiB is too much.
    pub(super) fn check_share(&self, project_id: &str, size: i64) -> Result<(), Refusal> {
        let quota = self.quotas.get(project_id).copied().unwrap_or_default();
        let (shares, gigabytes) = self.used(project_id);
        if exceeds(size, quota.per_share_gigabytes) {
            return Err(over(format!(
                "ShareSizeExceedsLimit: Requested share size {size} is larger than maximum allowed limit {}.",
                quota.per_share_gigabytes
            )));
        }
        if exceeds(gigabytes.saturating_add(size), quota.gigabytes) {
            return Err(over(
                "ShareSizeExceedsAvailableQuota: Requested share exceeds allowed project/user or share type \
                 gigabytes quota.",
            ));
        }
        if exceeds(shares + 1, quota.shares) {
            return Err(over(format!(
                "ShareLimitExceeded: Maximum number of shares allowed ({}) either per project/user or share type \
                 quota is exceeded.",
                quota.shares
            )));
        }
        Ok(())
    }

    /// 413 where one more share network is too much.
    pub(super) fn check_network(&self, project_id: &str) -> Result<(), Refusal> {
        let limit = self.quotas.get(project_id).copied().unwrap_or_default().share_networks;
        if !exceeds(self.networks_used(project_id) + 1, limit) {
            return Ok(());
        }
        let message = format!(
            "ShareNetworksLimitExceeded: Maximum number of share-networks allowed ({limit}) exceeded."
        );
        Err(over(message))
    }

    /// Shares, and GiB in them.
    fn used(&self, project_id: &str) -> (i64, i64) {
        let own = self.shares.values().filter(|share| share.project_id == project_id);
        own.fold((0, 0), |(shares, gigabytes), share| (shares + 1, gigabytes + share.size))
    }

    fn networks_used(&self, project_id: &str) -> i64 {
        let own = self.networks.values().filter(|network| network.project_id == project_id);
        i64::try_from(own.count()).unwrap_or(i64::MAX)
    }
}

fn exceeds(wanted: i64, limit: i64) -> bool {
    limit >= 0 && wanted > limit
}

fn over(message: impl Into<String>) -> Refusal {
    Refusal::new(413, message)
}

pub(super) fn route(world: &mut World, call: &Call, caller: &Caller, method: &str, project: &str) -> Outcome {
    require(caller.admin || method == "GET" && caller.reader && caller.project_id == project)?;
    let mut quota = world.shares.quotas.get(project).copied().unwrap_or_default();
    match method {
        "PUT" => {
            quota = changed(&world.shares, project, quota, &body_object(call, "quota_set")?)?;
            world.shares.quotas.insert(project.to_owned(), quota);
            Ok(Answer::json(200, &json!({"quota_set": view(quota)})))
        }
        "DELETE" => {
            world.shares.quotas.remove(project);
            Ok(Answer::text(202, "text/html; charset=UTF-8", ""))
        }
        _ => {
            let mut view = view(quota);
            view["id"] = json!(project);
            Ok(Answer::json(200, &json!({"quota_set": view})))
        }
    }
}

/// What is not simulated has its limit all the same.
fn view(quota: ShareQuota) -> Value {
    let mut view = json!(quota);
    for (name, limit) in [
        ("snapshots", 50),
        ("snapshot_gigabytes", 1000),
        ("share_groups", 50),
        ("share_group_snapshots", 50),
        ("share_replicas", 100),
        ("replica_gigabytes", 1000),
    ] {
        view[name] = json!(limit);
    }
    view
}

/// 400 where a limit would be below what is used.
fn changed(shares: &Shares, project: &str, quota: ShareQuota, said: &Value) -> Result<ShareQuota, Refusal> {
    let number = |name: &str, now: i64| said.get(name).and_then(Value::as_i64).unwrap_or(now);
    let changed = ShareQuota {
        shares: number("shares", quota.shares),
        gigabytes: number("gigabytes", quota.gigabytes),
        per_share_gigabytes: number("per_share_gigabytes", quota.per_share_gigabytes),
        share_networks: number("share_networks", quota.share_networks),
    };
    let (count, gigabytes) = shares.used(project);
    for (name, limit, used) in [
        ("shares", changed.shares, count),
        ("gigabytes", changed.gigabytes, gigabytes),
        ("share_networks", changed.share_networks, shares.networks_used(project)),
    ] {
        if exceeds(used, limit) {
            let message =
                format!("Quota value {limit} for {name} is smaller than already used and reserved {used}.");
            return Err(Refusal::bad_request(message));
        }
    }
    Ok(changed)
}
