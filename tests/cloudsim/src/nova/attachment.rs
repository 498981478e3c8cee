//! Volumes on servers: list, show, attach, detach.

use serde_json::{Value, json};

use super::history::Action;
use super::server::{Disk, Server, Source, find, find_mut};
use super::{body_object, require, schema};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::cinder::Volume;
use crate::keystone::Caller;
use crate::webob;
use crate::world::{World, uuid};

/// The microversions that changed the shape.
const TAG: u16 = 70;
const DELETE_ON_TERMINATION: u16 = 79;
const ATTACHMENT_ID: u16 = 89;
/// The states in which a server's disks may change.
const CHANGEABLE: [&str; 3] = ["active", "stopped", "resized"];

pub(super) fn route(
    world: &mut World,
    call: &Call,
    caller: &Caller,
    minor: u16,
    id: &str,
    rest: &[&str],
) -> Outcome {
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let server = find(world, caller, id)?;
            require(caller.reader, "os-volumes-attachments:index")?;
            let disks = server.disks.iter().filter_map(|disk| view(server, disk, minor));
            Ok(Answer::json(200, &json!({"volumeAttachments": disks.collect::<Vec<_>>()})))
        }
        ("GET", [volume]) => {
            let server = find(world, caller, id)?;
            require(caller.reader, "os-volumes-attachments:show")?;
            let disk = disk(server, volume).ok_or_else(|| not_attached(id, volume))?;
            Ok(Answer::json(200, &json!({"volumeAttachment": view(server, disk, minor)})))
        }
        ("POST", []) => attach(world, call, caller, minor, id),
        ("DELETE", [volume]) => detach(world, call, caller, id, volume),
        _ => Ok(webob::no_route(call)),
    }
}

fn not_attached(server: &str, volume: &str) -> Refusal {
    Refusal::not_found(format!("Instance {server} is not attached to volume {volume}"))
}

fn disk<'a>(server: &'a Server, volume: &str) -> Option<&'a Disk> {
    server.disks.iter().find(|disk| disk.volume_id() == Some(volume))
}

/// `None` while there is no volume yet.
fn view(server: &Server, disk: &Disk, minor: u16) -> Option<Value> {
    let volume = disk.volume_id()?;
    let mut view = json!({"volumeId": volume, "serverId": server.id, "device": disk.device});
    if minor < ATTACHMENT_ID {
        view["id"] = json!(volume);
    } else {
        view["attachment_id"] = json!(disk.attachment_id);
        view["bdm_uuid"] = json!(disk.bdm_id);
    }
    if minor >= TAG {
        view["tag"] = json!(null);
    }
    if minor >= DELETE_ON_TERMINATION {
        view["delete_on_termination"] = json!(disk.delete_on_termination);
    }
    Some(view)
}

fn check_changeable(server: &Server, deed: &str) -> Result<(), Refusal> {
    let Server { id, vm_state, .. } = server;
    if !CHANGEABLE.contains(vm_state) {
        return Err(Refusal::conflict(format!(
            "Cannot '{deed}' instance {id} while it is in vm_state {vm_state}"
        )));
    }
    if let Some(task) = server.task_state.filter(|task| *task == "deleting") {
        return Err(Refusal::conflict(format!(
            "Cannot '{deed}' instance {id} while it is in task_state {task}"
        )));
    }
    Ok(())
}

/// 200 at once; the volume is `reserved`, then `attaching`, then `in-use`.
fn attach(world: &mut World, call: &Call, caller: &Caller, minor: u16, id: &str) -> Outcome {
    let body = body_object(call, "volumeAttachment")?;
    let volume_id = body.get("volumeId").and_then(Value::as_str);
    let volume_id = volume_id.ok_or_else(|| schema::required("volumeAttachment", &body, "volumeId"))?;
    if uuid::Uuid::parse_str(volume_id).is_err() {
        return Err(schema::invalid(
            "volumeId",
            &json!(volume_id),
            &format!("'{volume_id}' is not a 'uuid'"),
        ));
    }
    let server = find(world, caller, id)?;
    require(caller.member, "os-volumes-attachments:create")?;
    let volume = world.volumes.volumes.get(volume_id).filter(|volume| volume.project_id == server.project_id);
    let volume = volume.ok_or_else(|| missing_volume(volume_id))?;
    check_changeable(server, "attach_volume")?;
    check_volume(volume)?;
    let now = world.now;
    let server = find_mut(world, caller, id)?;
    let disk = Disk {
        source: Source::Volume(volume_id.to_owned()),
        device: server.next_device(),
        delete_on_termination: body.get("delete_on_termination").and_then(Value::as_bool).unwrap_or(false),
        attachment_id: uuid(),
        bdm_id: uuid(),
    };
    let device = disk.device.clone();
    let mut answer = view(server, &disk, minor.min(ATTACHMENT_ID - 1)).unwrap_or_default();
    answer["id"] = json!(volume_id);
    server.disks.push(disk);
    server.history.push(Action::begun("attach_volume", call, caller, now));
    server.conclude(now, true);
    world.reserve_volume(volume_id, id, &device);
    world.attach_volume(volume_id);
    Ok(Answer::json(200, &json!({"volumeAttachment": answer})))
}

fn check_volume(volume: &Volume) -> Result<(), Refusal> {
    let id = &volume.id;
    if let Some(attachment) = &volume.attachment {
        return Err(Refusal::bad_request(format!(
            "Invalid volume: volume {id} is already attached to instances: {}",
            attachment.server_id
        )));
    }
    if volume.status == "available" {
        return Ok(());
    }
    if volume.status.starts_with("error") {
        return Err(Refusal::bad_request(format!(
            "Invalid input received: Invalid volume: Volume attachments can not be created if the volume is in an \
             error state. The Volume {id} currently has a status of: {}",
            volume.status
        )));
    }
    Err(Refusal::bad_request(format!(
        "Invalid input received: Invalid volume: Volume {id} status must be available or downloading to reserve, but \
         the current status is {}.",
        volume.status
    )))
}

fn missing_volume(id: &str) -> Refusal {
    Refusal::not_found(format!("Volume {id} could not be found."))
}

/// 202 at once; the volume is `detaching`, then `available`, and only then no disk of the server any more.
fn detach(world: &mut World, call: &Call, caller: &Caller, id: &str, volume: &str) -> Outcome {
    let server = find(world, caller, id)?;
    require(caller.member, "os-volumes-attachments:delete")?;
    let found = world.volumes.volumes.get(volume).filter(|found| found.project_id == server.project_id);
    let status = found.ok_or_else(|| missing_volume(volume))?.status;
    let at = server.disks.iter().position(|disk| disk.volume_id() == Some(volume));
    let at = at.ok_or_else(|| not_attached(id, volume))?;
    if at == 0 && server.image_id.is_none() {
        return Err(Refusal::bad_request("Cannot detach a root device volume"));
    }
    check_changeable(server, "detach_volume")?;
    if status != "in-use" {
        return Err(Refusal::bad_request(
            "Invalid volume: Invalid input received: Invalid volume: Unable to detach volume. Volume status must be \
             'in-use' and attach_status must be 'attached' to detach.",
        ));
    }
    let now = world.now;
    let server = find_mut(world, caller, id)?;
    server.history.push(Action::begun("detach_volume", call, caller, now));
    server.conclude(now, true);
    world.detach_volume(volume);
    Ok(Answer::text(202, "application/json", ""))
}

impl World {
    /// The volume is no disk of the server any more.
    pub(crate) fn unplug_volume(&mut self, server: &str, volume: &str) {
        if let Some(server) = self.compute.servers.get_mut(server) {
            server.disks.retain(|disk| disk.volume_id() != Some(volume));
        }
    }
}
