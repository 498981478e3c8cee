//! A volume and what a client can do to it. What then happens by itself is in `lifecycle`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::types::VolumeType;
use super::{Step, ZONE, body_object, require, view};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::{Event, World, uuid};

/// Characters of a name or a description.
const NAME_MAX: usize = 255;
/// GiB of one volume, and of all that a quota counts.
pub(super) const SIZE_MAX: i64 = i32::MAX as i64;

/// The states in which it can be deleted.
const DELETABLE: [&str; 4] = ["creating", "available", "error", "error_extending"];

pub(crate) struct Volume {
    pub(crate) id: String,
    /// The order of creation, which times in whole seconds do not tell.
    pub(super) number: u64,
    pub(crate) name: Option<String>,
    pub(super) description: Option<String>,
    pub(crate) project_id: String,
    pub(super) user_id: String,
    /// GiB
    pub(crate) size: i64,
    /// Cinder's own word.
    pub(crate) status: &'static str,
    pub(super) volume_type: VolumeType,
    pub(super) metadata: BTreeMap<String, String>,
    /// What Glance knew about the image that was copied onto it.
    pub(super) image: Option<Value>,
    pub(crate) attachment: Option<Attachment>,
    pub(super) created: Timestamp,
    pub(super) updated: Option<Timestamp>,
}

/// Where a volume is, or is about to be.
pub(crate) struct Attachment {
    pub(crate) id: String,
    pub(crate) server_id: String,
    pub(crate) device: String,
    pub(crate) attached: Option<Timestamp>,
}

/// A volume to make.
pub(crate) struct Spec {
    pub(crate) project_id: String,
    pub(crate) user_id: String,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) size: i64,
    pub(crate) volume_type: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) image: Option<Value>,
}

impl World {
    /// Makes a volume that becomes `available` by itself. 413 over quota, 404 for an unknown type.
    pub(crate) fn make_volume(&mut self, spec: Spec) -> Result<String, Refusal> {
        let volume_type = self.volumes.volume_type(spec.volume_type.as_deref())?;
        self.volumes.check_quota(&spec.project_id, 1, spec.size)?;
        self.volumes.made += 1;
        let volume = Volume {
            id: uuid(),
            number: self.volumes.made,
            name: spec.name,
            description: spec.description,
            project_id: spec.project_id,
            user_id: spec.user_id,
            size: spec.size,
            status: "creating",
            volume_type,
            metadata: spec.metadata,
            image: spec.image,
            attachment: None,
            created: self.now,
            updated: None,
        };
        let id = volume.id.clone();
        self.volumes.volumes.insert(id.clone(), volume);
        self.later(self.timing.volume_create_ms, Event::Volume { id: id.clone(), step: Step::Created });
        Ok(id)
    }
}

pub(super) fn find<'a>(world: &'a World, caller: &Caller, id: &str) -> Result<&'a Volume, Refusal> {
    let seen = |volume: &&Volume| caller.admin || caller.reader && volume.project_id == caller.project_id;
    let volume = world.volumes.volumes.get(id).filter(seen);
    volume.ok_or_else(|| Refusal::not_found(format!("Volume {id} could not be found.")))
}

pub(super) fn find_mut<'a>(
    world: &'a mut World,
    caller: &Caller,
    id: &str,
    rule: &str,
) -> Result<&'a mut Volume, Refusal> {
    find(world, caller, id)?;
    require(caller.member, rule)?;
    let missing = || Refusal::not_found(format!("Volume {id} could not be found."));
    world.volumes.volumes.get_mut(id).ok_or_else(missing)
}

pub(super) fn show(world: &World, caller: &Caller, minor: u16, id: &str) -> Outcome {
    let volume = find(world, caller, id)?;
    Ok(Answer::json(200, &Wrapped { volume: view::shown(world, volume, minor) }))
}

/// `{"volume": …}`
#[derive(serde::Serialize)]
struct Wrapped<'a> {
    volume: view::View<'a>,
}

pub(super) fn create(world: &mut World, call: &Call, caller: &Caller, minor: u16) -> Outcome {
    let body = body_object(call, "volume")?;
    let size = body.get("size").map(|value| size("size", value)).transpose()?;
    require(caller.member, "volume:create")?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    check_length("name", text("name").as_deref())?;
    check_length("description", text("description").as_deref())?;
    let size = size.ok_or_else(malformed)?;
    if let Some(zone) = text("availability_zone").filter(|zone| !zone.is_empty() && zone != ZONE) {
        return Err(Refusal::bad_request(format!("Availability zone '{zone}' is invalid.")));
    }
    let image = match text("imageRef") {
        None => None,
        Some(id) => Some(image_metadata(world, caller, &id, size)?),
    };
    let spec = Spec {
        project_id: caller.project_id.clone(),
        user_id: caller.user_id.clone(),
        name: text("name"),
        description: text("description"),
        size,
        volume_type: text("volume_type"),
        metadata: metadata(&body).unwrap_or_default(),
        image,
    };
    let id = world.make_volume(spec)?;
    let volume = world.volumes.volumes.get(&id).ok_or_else(malformed)?;
    Ok(Answer::json(202, &Wrapped { volume: view::changed(world, volume, minor) }))
}

fn malformed() -> Refusal {
    let message =
        "The server could not comply with the request since it is either malformed or otherwise incorrect.";
    Refusal::bad_request(message)
}

/// GiB: a number or digits, at least 1.
pub(super) fn size(field: &str, value: &Value) -> Result<i64, Refusal> {
    let invalid = |text: &str, why: &str| {
        Refusal::bad_request(format!("Invalid input for field/attribute {field}. Value: {text}. {why}"))
    };
    let size = match value {
        Value::String(text) => {
            text.parse().map_err(|_| invalid(text, &format!("'{text}' does not match '^[0-9]+$'")))?
        }
        other => other.as_i64().ok_or_else(|| invalid(&other.to_string(), "It is not of type 'integer'"))?,
    };
    let bound = match size {
        ..1 => "less than the minimum of 1".to_owned(),
        SIZE_MAX.. if size > SIZE_MAX => format!("greater than the maximum of {SIZE_MAX}"),
        _ => return Ok(size),
    };
    Err(invalid(&size.to_string(), &format!("{size} is {bound}")))
}

fn check_length(name: &str, value: Option<&str>) -> Result<(), Refusal> {
    let length = value.map_or(0, |value| value.chars().count());
    if length <= NAME_MAX {
        return Ok(());
    }
    let message = format!("Invalid input received: {name} has {length} characters, more than {NAME_MAX}.");
    Err(Refusal::bad_request(message))
}

fn image_metadata(world: &World, caller: &Caller, id: &str, size: i64) -> Result<Value, Refusal> {
    let image =
        world.images.usable(id, &caller.project_id).filter(|image| image.is_active()).ok_or_else(|| {
            Refusal::bad_request("Invalid image identifier or unable to access requested image.")
        })?;
    if i64::try_from(image.min_disk).is_ok_and(|needed| size < needed) {
        let needed = image.min_disk;
        return Err(Refusal::bad_request(format!(
            "Invalid input received: Volume size {size}GB cannot be smaller than the image minDisk size {needed}GB."
        )));
    }
    Ok(image.volume_metadata())
}

fn metadata(body: &Value) -> Option<BTreeMap<String, String>> {
    serde_json::from_value(body.get("metadata")?.clone()).ok()
}

/// Neither name nor description keeps spaces around it.
pub(super) fn update(world: &mut World, call: &Call, caller: &Caller, minor: u16, id: &str) -> Outcome {
    let body = body_object(call, "volume")?;
    if body.as_object().is_none_or(serde_json::Map::is_empty) {
        let message = "Invalid input for field/attribute volume. Value: {}. {} is not valid under any of the given schemas";
        return Err(Refusal::bad_request(message));
    }
    let now = world.now;
    let volume = find_mut(world, caller, id, "volume:update")?;
    let text = |name: &str| body.get(name).map(|value| value.as_str().map(|text| text.trim().to_owned()));
    check_length("name", text("name").flatten().as_deref())?;
    check_length("description", text("description").flatten().as_deref())?;
    if let Some(name) = text("name") {
        volume.name = name;
    }
    if let Some(description) = text("description") {
        volume.description = description;
    }
    if let Some(metadata) = metadata(&body) {
        volume.metadata = metadata;
    }
    volume.updated = Some(now);
    Ok(Answer::json(200, &Wrapped { volume: view::changed(world, find(world, caller, id)?, minor) }))
}

pub(super) fn delete(world: &mut World, caller: &Caller, id: &str) -> Outcome {
    let volume = find_mut(world, caller, id, "volume:delete")?;
    if volume.attachment.is_some() || !DELETABLE.contains(&volume.status) {
        return Err(Refusal::bad_request(
            "Invalid volume: Volume status must be available or error or error_restoring or error_extending or \
             error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a \
             transfer, or be disassociated from snapshots after volume transfer.",
        ));
    }
    if volume.status == "creating" {
        world.volumes.volumes.remove(id);
    } else {
        volume.status = "deleting";
        world.later(world.timing.volume_delete_ms, Event::Volume { id: id.to_owned(), step: Step::Deleted });
    }
    Ok(Answer::text(202, "text/html; charset=UTF-8", ""))
}

/// Ends an attachment that no server has any more; one that Nova uses is Nova's to end.
pub(super) fn forget(world: &mut World, caller: &Caller, id: &str) -> Outcome {
    let missing = || {
        Refusal::not_found(format!("Volume attachment could not be found with filter: attachment_id = {id}."))
    };
    let is_it = |volume: &&Volume| volume.attachment.as_ref().is_some_and(|attachment| attachment.id == id);
    let volume = world.volumes.volumes.values().find(is_it).map(|volume| volume.id.clone());
    let volume = volume.ok_or_else(missing)?;
    let volume = find_mut(world, caller, &volume, "volume:attachment_delete")?;
    if volume.status != "available" {
        return Err(Refusal::conflict("Detach volume from instance using the Compute API"));
    }
    volume.attachment = None;
    Ok(Answer::json(200, &serde_json::json!({"attachments": []})))
}
