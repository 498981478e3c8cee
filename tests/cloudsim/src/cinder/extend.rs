//! A volume's growth: `os-extend`, the one action that there is.

use serde_json::json;

use super::volume::{find_mut, size};
use super::{Step, Volume};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::{Event, World};

/// From here on an attached volume can grow.
const IN_USE: u16 = 42;

pub(super) fn action(world: &mut World, call: &Call, caller: &Caller, minor: u16, id: &str) -> Outcome {
    let body = call.json().unwrap_or_default();
    let name = body.as_object().and_then(|body| body.keys().next()).cloned().unwrap_or_default();
    if name != "os-extend" {
        return Err(Refusal::bad_request(format!(
            "There is no such action: {name}. Verify the request body and Content-Type header and try again."
        )));
    }
    let wanted = size("new_size", body["os-extend"].get("new_size").unwrap_or(&json!(null)))?;
    let now = world.now;
    let volume = find_mut(world, caller, id, "volume:extend")?;
    check(volume, wanted, minor)?;
    let (more, project) = (wanted - volume.size, volume.project_id.clone());
    let step = Step::Extended { size: wanted, status: volume.status };
    // Taken for the growth before the quota is looked at; what is refused then is given back.
    volume.updated = Some(now);
    world.volumes.check_quota(&project, 0, more)?;
    let volume = find_mut(world, caller, id, "volume:extend")?;
    volume.status = "extending";
    world.later(world.timing.volume_create_ms, Event::Volume { id: id.to_owned(), step });
    Ok(Answer::text(202, "application/json", ""))
}

/// What is wrong with the size counts more than the state.
fn check(volume: &Volume, wanted: i64, minor: u16) -> Result<(), Refusal> {
    let Volume { id, size, status, .. } = volume;
    if wanted <= *size {
        return Err(Refusal::bad_request(format!(
            "Invalid input received: New size for extend must be greater than current size. (current: {size}, \
             extended: {wanted})."
        )));
    }
    if *status == "available" || *status == "in-use" && minor >= IN_USE {
        return Ok(());
    }
    Err(Refusal::bad_request(format!(
        "Invalid volume: Volume {id} status must be '{{'status': 'available'}}' to extend, currently {status}."
    )))
}
