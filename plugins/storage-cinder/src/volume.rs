//! Cinder's volumes as disks: requests and the words in which Cinder answers.

use patchbay_sdk::error::kind;
use patchbay_sdk::mark::Mark;
use patchbay_sdk::openstack::list::{List, Paging};
use patchbay_sdk::openstack::time::rfc3339;
use patchbay_sdk::openstack::{Service, mark};
use patchbay_sdk::storage::{Attachment, Disk};
use patchbay_sdk::upstream::Response;
use patchbay_sdk::{Context, Error};
use serde::{Deserialize, Deserializer};

/// Granted as the tenant.
pub(crate) const UPSTREAM: &str = "openstack";

/// At Cinder's oldest version, 3.0, which every cloud has.
pub(crate) const CINDER: Service =
    Service { upstream: UPSTREAM, root: &["block-storage"], microversion: None };

/// The metadata key under which a volume remembers the operation that made it.
pub(crate) const OPERATION_KEY: &str = "patchbay_operation";

/// A volume as Cinder shows it.
#[derive(Debug, Deserialize)]
pub(crate) struct Volume {
    pub(crate) id: String,
    #[serde(deserialize_with = "or_empty")]
    pub(crate) name: String,
    #[serde(deserialize_with = "or_empty")]
    pub(crate) description: String,
    #[serde(deserialize_with = "or_empty")]
    availability_zone: String,
    #[serde(deserialize_with = "or_empty")]
    volume_type: String,
    pub(crate) size: u32,
    pub(crate) status: String,
    #[serde(deserialize_with = "or_empty")]
    created_at: String,
    #[serde(deserialize_with = "or_empty")]
    updated_at: String,
    #[serde(default)]
    attachments: Vec<Attached>,
}

#[derive(Debug, Deserialize)]
struct Attached {
    #[serde(default, deserialize_with = "or_empty")]
    server_id: String,
    #[serde(default, deserialize_with = "or_empty")]
    device: String,
    #[serde(default, deserialize_with = "or_empty")]
    attached_at: String,
}

/// An answer with one volume.
#[derive(Deserialize)]
pub(crate) struct One {
    pub(crate) volume: Volume,
}

impl Volume {
    /// Whether an instance has it, for as long as the detaching takes.
    pub(crate) fn is_attached(&self) -> bool {
        !self.attachments.is_empty()
    }

    /// Whether this instance has it. A volume of a type for many has several.
    pub(crate) fn is_at(&self, instance: &str) -> bool {
        self.attachments.iter().any(|attached| attached.server_id == instance)
    }

    /// How it is, for a sentence: "in-use with 2 GiB at the instance ID".
    pub(crate) fn state(&self) -> String {
        let mut state = format!("{} with {} GiB", self.status, self.size);
        for attached in &self.attachments {
            state += &format!(" at the instance {}", attached.server_id);
        }
        state
    }

    /// When it last changed; empty for a volume that never did.
    pub(crate) fn changed_at(&self) -> String {
        rfc3339(&self.updated_at)
    }

    /// As the contract's disk, in the caller's region.
    pub(crate) fn into_disk(self, region: &str) -> Disk {
        Disk {
            id: self.id,
            name: self.name,
            description: self.description,
            region: region.into(),
            availability_zone: self.availability_zone,
            volume_type: self.volume_type,
            size: self.size,
            status: self.status,
            created_at: rfc3339(&self.created_at),
            updated_at: rfc3339(&self.updated_at),
            attachment: self.attachments.into_iter().next().map(Attached::into_attachment),
        }
    }
}

impl Attached {
    fn into_attachment(self) -> Attachment {
        Attachment { instance_id: self.server_id, device: self.device, at: rfc3339(&self.attached_at) }
    }
}

/// The volume of an id that a request names; one that may not be seen is none.
pub(crate) async fn show(id: &str) -> Result<Volume, Error> {
    read(CINDER.get(&["volumes", id]).show().await, id)
}

/// A volume that was there a moment ago.
pub(crate) async fn look(id: &str) -> Result<Volume, Error> {
    read(CINDER.get(&["volumes", id]).look().await, id)
}

fn read(answer: Result<Response, Error>, id: &str) -> Result<Volume, Error> {
    let answer = answer.map_err(|e| e.explain(kind::NOT_FOUND, format_args!("There is no disk {id}.")))?;
    Ok(answer.json::<One>()?.volume)
}

/// Every volume that shows that the operation made it for the tenant.
pub(crate) async fn made_by(ctx: &Context, operation: &str) -> Result<Vec<Volume>, Error> {
    let filter = format!("{{'{OPERATION_KEY}':'{operation}'}}");
    let request = CINDER.get(&["volumes", "detail"]).query("metadata", filter);
    let list = List { request, key: "volumes", paging: Paging::Marker };
    mark::find(ctx, &Mark::Metadata(OPERATION_KEY, operation), &list).await
}

/// Begins to remove the volume; one that is gone already is removed.
pub(crate) async fn delete(id: &str) -> Result<(), Error> {
    CINDER.delete(&["volumes", id]).gone().await
}

fn or_empty<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(value)?.unwrap_or_default())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A volume of 2 GiB, attached to this instance.
    pub(crate) fn volume(status: &str, at: Option<&str>) -> Volume {
        let attached = |server_id: &str| Attached {
            server_id: server_id.into(),
            device: String::new(),
            attached_at: String::new(),
        };
        Volume {
            id: "v1".into(),
            name: String::new(),
            description: String::new(),
            availability_zone: String::new(),
            volume_type: String::new(),
            size: 2,
            status: status.into(),
            created_at: String::new(),
            updated_at: String::new(),
            attachments: at.map(attached).into_iter().collect(),
        }
    }

    #[test]
    fn a_volume_is_read_as_a_disk() {
        let answer = r#"{"volume": {"id": "v1", "status": "in-use", "size": 2, "availability_zone": "nova",
            "created_at": "2026-11-23T09:24:01.322328", "updated_at": null, "name": "data-1", "description": null,
            "volume_type": "__DEFAULT__", "metadata": {}, "bootable": "false", "attachments": [{"id": "v1",
            "attachment_id": "a1", "volume_id": "v1", "server_id": "s1", "host_name": null, "device": "/dev/sdb",
            "attached_at": "2026-11-23T09:24:04.000000"}]}}"#;
        let disk = serde_json::from_str::<One>(answer).unwrap().volume.into_disk("north");
        assert_eq!((disk.id.as_str(), disk.size, disk.status.as_str()), ("v1", 2, "in-use"));
        assert_eq!((disk.region.as_str(), disk.description.as_str()), ("north", ""));
        assert_eq!((disk.created_at.as_str(), disk.updated_at.as_str()), ("2026-11-23T09:24:01Z", ""));
        let attachment = disk.attachment.unwrap();
        assert_eq!((attachment.instance_id.as_str(), attachment.device.as_str()), ("s1", "/dev/sdb"));
        assert_eq!(attachment.at, "2026-11-23T09:24:04Z");
    }
}
