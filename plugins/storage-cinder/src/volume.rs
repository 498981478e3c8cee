//! Cinder's volumes as disks: requests and the words in which Cinder answers.

use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Id, Items, Number, Text, Time};
use patchbay_sdk::mark::Mark;
use patchbay_sdk::openstack::list::{List, Paging};
use patchbay_sdk::openstack::{Service, mark};
use patchbay_sdk::storage::{Attachment, Disk};
use patchbay_sdk::upstream::Response;
use patchbay_sdk::{Context, Error, reason};
use serde::Deserialize;

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
    pub(crate) id: Id,
    pub(crate) name: Text,
    pub(crate) description: Text,
    availability_zone: Text,
    volume_type: Text,
    size: Number<u32>,
    pub(crate) status: Text,
    created_at: Time,
    updated_at: Time,
    /// Null while it is being attached.
    #[serde(default)]
    attachments: Items<Attached>,
}

#[derive(Debug, Deserialize)]
struct Attached {
    attachment_id: Text,
    server_id: Text,
    device: Text,
    attached_at: Time,
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
        self.attachments.iter().any(|attached| attached.server_id == *instance)
    }

    /// By which Cinder knows that this instance has it.
    pub(crate) fn attachments_at(&self, instance: &str) -> impl Iterator<Item = &str> {
        let own = self.attachments.iter().filter(move |attached| attached.server_id == *instance);
        own.map(|attached| attached.attachment_id.as_str()).filter(|id| !id.is_empty())
    }

    /// In GiB; 0 where Cinder does not tell.
    pub(crate) fn size(&self) -> u32 {
        self.size.or_zero()
    }

    /// How it is, for a sentence: "in-use with 2 GiB at the instance ID".
    pub(crate) fn state(&self) -> String {
        let mut state = format!("{} with {} GiB", self.status, self.size());
        for attached in self.attachments.iter() {
            state += &format!(" at the instance {}", attached.server_id);
        }
        reason::public(&state)
    }

    /// When it last changed; none for a volume that never did.
    pub(crate) fn changed_at(self) -> Option<String> {
        self.updated_at.some()
    }

    /// As the contract's disk, in the caller's region.
    pub(crate) fn into_disk(self, region: &str) -> Disk {
        Disk {
            size: self.size(),
            id: self.id.into(),
            name: self.name.into(),
            description: self.description.into(),
            region: region.into(),
            availability_zone: self.availability_zone.into(),
            volume_type: self.volume_type.into(),
            status: self.status.into(),
            created_at: self.created_at.into(),
            updated_at: self.updated_at.into(),
            attachment: self.attachments.into_iter().next().map(Attached::into_attachment),
        }
    }
}

impl Attached {
    fn into_attachment(self) -> Attachment {
        Attachment {
            instance_id: self.server_id.into(),
            device: self.device.into(),
            at: self.attached_at.into(),
        }
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

/// Begins to remove the volume; one that is gone already is removed. Whether it was there.
pub(crate) async fn delete(id: &str) -> Result<bool, Error> {
    CINDER.delete(&["volumes", id]).taken().await
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A volume of 2 GiB, attached to this instance.
    pub(crate) fn volume(status: &str, at: Option<&str>) -> Volume {
        let attached = |server_id: &str| Attached {
            attachment_id: Text::default(),
            server_id: server_id.into(),
            device: Text::default(),
            attached_at: Time::default(),
        };
        Volume {
            id: "v1".into(),
            name: Text::default(),
            description: Text::default(),
            availability_zone: Text::default(),
            volume_type: Text::default(),
            size: 2.into(),
            status: status.into(),
            created_at: Time::default(),
            updated_at: Time::default(),
            attachments: at.map(attached).into_iter().collect::<Vec<_>>().into(),
        }
    }

    /// The same with so many GiB.
    pub(crate) fn sized(size: u32, volume: Volume) -> Volume {
        Volume { size: size.into(), ..volume }
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
