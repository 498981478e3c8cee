//! How many volumes and gigabytes a project may have.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::volume::SIZE_MAX;
use super::{Volumes, body_object, require};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::World;

/// One project's limits; -1 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VolumeQuota {
    /// How many.
    pub volumes: i64,
    /// GiB in all of them.
    pub gigabytes: i64,
}

impl Default for VolumeQuota {
    fn default() -> Self {
        Self { volumes: 10, gigabytes: 1000 }
    }
}

impl Volumes {
    /// 413 where `count` more volumes with `size` GiB more in all are too much.
    pub(crate) fn check_quota(&self, project_id: &str, count: i64, size: i64) -> Result<(), Refusal> {
        let quota = self.quotas.get(project_id).copied().unwrap_or_default();
        let own = || self.volumes.values().filter(|volume| volume.project_id == project_id);
        let used = i64::try_from(own().count()).unwrap_or(i64::MAX);
        let gigabytes: i64 = own().map(|volume| volume.size).sum();
        if gigabytes + size > SIZE_MAX {
            return Err(Refusal::new(
                413,
                format!(
                    "QuotaUsageOverflow: Quota usage would overflow for resources: ['gigabytes']. The requested \
                     operation would exceed the maximum allowed value ({SIZE_MAX}) for quota tracking."
                ),
            ));
        }
        if quota.gigabytes >= 0 && gigabytes + size > quota.gigabytes {
            return Err(Refusal::new(
                413,
                format!(
                    "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. \
                     Requested {size}G, quota is {}G and {gigabytes}G has been consumed.",
                    quota.gigabytes
                ),
            ));
        }
        if quota.volumes >= 0 && used + count > quota.volumes {
            return Err(Refusal::new(
                413,
                format!(
                    "VolumeLimitExceeded: Maximum number of volumes allowed ({}) exceeded for quota 'volumes'.",
                    quota.volumes
                ),
            ));
        }
        Ok(())
    }
}

pub(super) fn route(world: &mut World, call: &Call, caller: &Caller, method: &str, project: &str) -> Outcome {
    let quotas = &mut world.volumes.quotas;
    let mut quota = quotas.get(project).copied().unwrap_or_default();
    if method == "PUT" {
        require(caller.admin, "volume_extension:quotas:update")?;
        let body = body_object(call, "quota_set")?;
        let number = |name: &str, now: i64| body.get(name).and_then(Value::as_i64).unwrap_or(now);
        quota.volumes = number("volumes", quota.volumes);
        quota.gigabytes = number("gigabytes", quota.gigabytes);
        quotas.insert(project.to_owned(), quota);
    } else {
        require(caller.admin || caller.project_id == project, "volume_extension:quotas:show")?;
    }
    let set = json!({"id": project, "volumes": quota.volumes, "gigabytes": quota.gigabytes});
    Ok(Answer::json(200, &json!({"quota_set": set})))
}
