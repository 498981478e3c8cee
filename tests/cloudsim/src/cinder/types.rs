//! Volume types.

use serde_json::{Value, json};

use super::{body_object, require};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::{World, uuid};

#[derive(Clone)]
pub(super) struct VolumeType {
    pub(super) id: String,
    pub(super) name: String,
}

impl VolumeType {
    /// The one that Cinder makes itself, and one to choose.
    pub(super) fn first() -> Vec<Self> {
        ["__DEFAULT__", "ssd"].map(|name| Self { id: uuid(), name: name.to_owned() }).into()
    }

    fn view(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "is_public": true, "description": null, "extra_specs": {},
            "os-volume-type-access:is_public": true,
        })
    }
}

impl super::Volumes {
    /// The type of that name or id; without one, the first.
    pub(super) fn volume_type(&self, wanted: Option<&str>) -> Result<VolumeType, Refusal> {
        let wanted = wanted.filter(|wanted| !wanted.is_empty());
        let found =
            self.types.iter().find(|t| wanted.is_none_or(|wanted| t.name == wanted || t.id == wanted));
        found.cloned().ok_or_else(|| {
            let name = wanted.unwrap_or("__DEFAULT__");
            Refusal::not_found(format!("Volume type with name {name} could not be found."))
        })
    }
}

pub(super) fn list(world: &World, caller: &Caller) -> Answer {
    let types = world.volumes.types.iter().filter(|_| caller.reader);
    Answer::json(200, &json!({"volume_types": types.map(VolumeType::view).collect::<Vec<_>>()}))
}

pub(super) fn create(world: &mut World, call: &Call, caller: &Caller) -> Outcome {
    require(caller.admin, "volume_extension:type_create")?;
    let body = body_object(call, "volume_type")?;
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if world.volumes.types.iter().any(|known| known.name == name) {
        return Err(Refusal::conflict(format!("Volume Type {name} already exists.")));
    }
    let volume_type = VolumeType { id: uuid(), name };
    let view = volume_type.view();
    world.volumes.types.push(volume_type);
    Ok(Answer::json(200, &json!({"volume_type": view})))
}

pub(super) fn delete(world: &mut World, caller: &Caller, id: &str) -> Outcome {
    require(caller.admin, "volume_extension:type_delete")?;
    let known = world.volumes.types.iter().position(|volume_type| volume_type.id == id);
    let missing = || Refusal::not_found(format!("Volume type {id} could not be found."));
    world.volumes.types.remove(known.ok_or_else(missing)?);
    Ok(Answer::empty(202))
}
