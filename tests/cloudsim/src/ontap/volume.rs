//! Volumes: file systems with a size, mounted into the SVM's tree at a path and exported by a policy.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::records::Kind;
use super::{Array, DUPLICATE, body, invalid, job, no_api, no_entry, text, time};
use crate::call::{Call, Outcome, Refusal};
use crate::world::{World, uuid};

const KIND: Kind = Kind {
    path: "/api/storage/volumes",
    key: "uuid",
    listed: &["uuid", "name"],
    shown: &[
        "uuid",
        "name",
        "comment",
        "create_time",
        "language",
        "size",
        "state",
        "style",
        "type",
        "aggregates",
        "svm",
        "snapshot_policy",
        "space.size",
        "space.available",
        "space.used",
    ],
    costly: &["nas", "guarantee", "space.snapshot"],
};
/// What a new one may say.
const FIELDS: [&str; 9] =
    ["name", "svm", "aggregates", "size", "comment", "nas", "guarantee", "snapshot_policy", "space"];

const NAME_MAX: usize = 203;
const COMMENT_MAX: usize = 1023;
/// 20 MiB.
const SIZE_MIN: u64 = 20 << 20;
/// What the aggregate has: 100 TiB.
const CAPACITY: u64 = 100 << 40;

#[derive(Clone)]
pub(super) struct Volume {
    pub(super) uuid: String,
    pub(super) name: String,
    comment: String,
    size: u64,
    online: bool,
    /// Where it is mounted in the SVM's tree.
    path: Option<String>,
    /// The export policy's id.
    pub(super) policy: u64,
    snapshot_policy: String,
    reserve_percent: u64,
    guarantee: String,
    created: Timestamp,
}

/// What a job does with a volume.
pub(super) enum Deed {
    Create(Box<Volume>),
    /// The path, empty for none, and the policy; what is absent stays.
    Change(Option<String>, Option<u64>),
    Delete,
}

impl Volume {
    pub(super) fn state(&self) -> &'static str {
        if self.online { "online" } else { "offline" }
    }

    fn view(&self, array: &Array) -> Value {
        let policy = array.policies.get(&self.policy).map_or("", |policy| &policy.name);
        let mut nas = json!({"security_style": "unix", "export_policy": {"name": policy, "id": self.policy}});
        if let Some(path) = &self.path {
            nas["path"] = json!(path);
        }
        let snapshot = json!({"reserve_percent": self.reserve_percent});
        json!({
            "uuid": self.uuid, "name": self.name, "comment": self.comment, "create_time": time(self.created),
            "language": "c.utf_8", "size": self.size, "state": self.state(), "style": "flexvol", "type": "rw",
            "aggregates": [array.aggregate.view()], "svm": array.svm.view(), "nas": nas,
            "snapshot_policy": {"name": self.snapshot_policy}, "guarantee": {"type": self.guarantee},
            "space": {"size": self.size, "available": self.size, "used": 0, "snapshot": snapshot},
        })
    }
}

pub(super) fn route(world: &mut World, call: &Call, rest: &[&str]) -> Outcome {
    let array = &world.array;
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let views: Vec<Value> = array.volumes.values().map(|volume| volume.view(array)).collect();
            KIND.list(call, &views)
        }
        ("GET", [id]) => KIND.one(call, &array.volumes.get(*id).ok_or_else(no_entry)?.view(array)),
        ("POST", []) => {
            let volume = asked(world, call)?;
            let id = volume.uuid.clone();
            Ok(job::begin(world, call, &id, Deed::Create(Box::new(volume))))
        }
        ("PATCH", [id]) => {
            let deed = change(free(array, id)?, array, call)?;
            Ok(job::begin(world, call, id, deed))
        }
        ("DELETE", [id]) => {
            let volume = free(array, id)?;
            if volume.path.is_some() {
                let message = format!(
                    "Volume \"{}\" in SVM \"{}\" must be unmounted before being taken offline or restricted.",
                    volume.name, array.svm.name
                );
                return Err(Refusal::conflict(message).kind("918667"));
            }
            Ok(job::begin(world, call, id, Deed::Delete))
        }
        _ => Err(no_api()),
    }
}

/// A volume that no job works on.
fn free<'a>(array: &'a Array, id: &str) -> Result<&'a Volume, Refusal> {
    let volume = array.volumes.get(id).ok_or_else(no_entry)?;
    if array.jobs.values().any(|job| job.volume == id && !job.is_over()) {
        return Err(Refusal::conflict("Another volume operation is in progress.").kind("13107406"));
    }
    Ok(volume)
}

fn asked(world: &World, call: &Call) -> Result<Volume, Refusal> {
    let (array, body) = (&world.array, body(call, &FIELDS)?);
    array.check_svm(&body)?;
    let aggregate = text(&body, "/aggregates/0/name")?;
    if aggregate != array.aggregate.name {
        return Err(invalid(format!("Aggregate \"{aggregate}\" does not exist.")));
    }
    let name = text(&body, "/name")?.to_owned();
    check_name(&name)?;
    if array.volumes.values().any(|volume| volume.name == name) {
        return Err(Refusal::conflict("duplicate entry").kind(DUPLICATE));
    }
    let size = body["size"].as_u64().filter(|size| *size >= SIZE_MIN);
    let word = |pointer: &str, usual: &str| text(&body, pointer).unwrap_or(usual).to_owned();
    let volume = Volume {
        uuid: uuid(),
        name,
        comment: word("/comment", ""),
        size: size.ok_or_else(|| invalid("Invalid value for field \"size\"."))?,
        online: false,
        path: text(&body, "/nas/path").ok().filter(|path| !path.is_empty()).map(str::to_owned),
        policy: policy(array, &word("/nas/export_policy/name", "default"))?,
        snapshot_policy: word("/snapshot_policy/name", "default"),
        reserve_percent: body.pointer("/space/snapshot/reserve_percent").and_then(Value::as_u64).unwrap_or(5),
        guarantee: word("/guarantee/type", "volume"),
        created: world.now,
    };
    if volume.comment.len() > COMMENT_MAX {
        return Err(invalid("Invalid value for field \"comment\": it is too long."));
    }
    Ok(volume)
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if begins_well && plain && name.len() <= NAME_MAX {
        return Ok(());
    }
    Err(invalid(format!("Invalid volume name \"{name}\".")))
}

fn policy(array: &Array, name: &str) -> Result<u64, Refusal> {
    let missing = || Refusal::bad_request("Export policy does not exist.").kind("1703954");
    array.policy(name).map(|policy| policy.id).ok_or_else(missing)
}

fn change(volume: &Volume, array: &Array, call: &Call) -> Result<Deed, Refusal> {
    let body = body(call, &["nas"])?;
    let path = text(&body, "/nas/path").ok().map(str::to_owned);
    let policy = text(&body, "/nas/export_policy/name").ok().map(|name| policy(array, name)).transpose()?;
    let taken = |other: &&Volume| other.uuid != volume.uuid && other.path.is_some() && other.path == path;
    if array.volumes.values().any(|other| taken(&other)) {
        return Err(Refusal::conflict("The junction path is in use.").kind(DUPLICATE));
    }
    Ok(Deed::Change(path, policy))
}

impl Deed {
    /// What the job does as it begins to run: a new volume comes into being.
    pub(super) fn begin(&self, world: &mut World, id: &str) -> Result<(), String> {
        let Self::Create(volume) = self else { return Ok(()) };
        let used: u64 = world.array.volumes.values().map(|volume| volume.size).sum();
        if used + volume.size > CAPACITY {
            return Err(format!(
                "Request to create volume \"{}\" failed because there is not enough space in aggregate \"{}\". Either \
                 create {}B of free space in the aggregate or select a size of at most {}B for the new volume.",
                volume.name,
                world.array.aggregate.name,
                used + volume.size - CAPACITY,
                CAPACITY - used
            ));
        }
        world.array.volumes.insert(id.to_owned(), Volume::clone(volume));
        Ok(())
    }

    /// What it has done at its end; a volume that failed is gone.
    pub(super) fn end(&self, world: &mut World, id: &str) -> Result<(), String> {
        let volumes = &mut world.array.volumes;
        match self {
            Self::Create(_) if world.failures.array_volumes > 0 => {
                world.failures.array_volumes -= 1;
                volumes.remove(id);
                return Err("Job failed: the node that owns the aggregate did not answer.".to_owned());
            }
            Self::Create(_) => volumes.get_mut(id).into_iter().for_each(|volume| volume.online = true),
            Self::Change(path, policy) => {
                let Some(volume) = volumes.get_mut(id) else { return Err("entry doesn't exist".to_owned()) };
                if let Some(path) = path {
                    volume.path = Some(path.clone()).filter(|path| !path.is_empty());
                }
                volume.policy = policy.unwrap_or(volume.policy);
            }
            Self::Delete => drop(volumes.remove(id)),
        }
        Ok(())
    }
}
