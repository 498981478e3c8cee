//! Share types: the one that is the default. Its backend makes share servers.

use serde_json::{Value, json};

use super::require;
use crate::call::{Answer, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::{World, uuid};

/// The microversion that added a capability.
const INHERIT: u16 = 99;

#[derive(Clone)]
pub(super) struct ShareType {
    pub(super) id: String,
    pub(super) name: &'static str,
}

impl ShareType {
    pub(super) fn first() -> Self {
        Self { id: uuid(), name: "default" }
    }

    pub(super) fn is(&self, wanted: &str) -> bool {
        self.id == wanted || self.name == wanted
    }

    fn view(&self, minor: u16) -> Value {
        let mut specs = json!({
            "driver_handles_share_servers": "True", "snapshot_support": "True",
            "create_share_from_snapshot_support": false, "revert_to_snapshot_support": false,
            "mount_snapshot_support": false,
        });
        if minor >= INHERIT {
            specs["snapshot_inherit_share_access_support"] = json!(false);
        }
        json!({
            "id": self.id, "name": self.name, "extra_specs": specs,
            "required_extra_specs": {"driver_handles_share_servers": "True"}, "share_type_access:is_public": true,
            "description": null, "is_default": true,
        })
    }
}

/// As it has always been, under the name of Cinder's too.
pub(super) fn list(world: &World, caller: &Caller, minor: u16) -> Outcome {
    require(caller.reader)?;
    let types = [world.shares.default_type.view(minor)];
    Ok(Answer::json(200, &json!({"volume_types": types, "share_types": types})))
}

pub(super) fn show(world: &World, caller: &Caller, minor: u16, id: &str) -> Outcome {
    require(caller.reader)?;
    let known = Some(&world.shares.default_type).filter(|known| id == "default" || known.id == id);
    let view = known.ok_or_else(missing)?.view(minor);
    Ok(Answer::json(200, &json!({"volume_type": view, "share_type": view})))
}

pub(super) fn missing() -> Refusal {
    Refusal::not_found("Share type not found.")
}
