//! A server: what Nova knows of it, and the calls that only look at it or end it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::flavor::Flavor;
use super::history::Action;
use super::{Compute, Step, require, view};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::neutron::Address;
use crate::world::{Event, World};

pub(crate) struct Server {
    pub(crate) id: String,
    /// The order of creation, which times in whole seconds do not tell.
    pub(super) number: u64,
    pub(crate) name: String,
    pub(super) description: Option<String>,
    pub(crate) project_id: String,
    pub(super) user_id: String,
    pub(super) flavor: Arc<Flavor>,
    /// Until a resize is confirmed: the way back, and the state it came from.
    pub(super) resized_from: Option<(Arc<Flavor>, &'static str)>,
    /// Absent where it boots from a volume.
    pub(super) image_id: Option<String>,
    /// Nova's own words: "active", "stopped" …
    pub(super) vm_state: &'static str,
    pub(super) task_state: Option<&'static str>,
    pub(super) fault: Option<(Timestamp, String)>,
    /// As it was asked for.
    pub(super) zone: Option<String>,
    pub(super) host: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) tags: Vec<String>,
    /// Their ids, as it was asked for; what it is in now, Neutron knows.
    pub(super) security_groups: Vec<String>,
    pub(super) networks: Vec<String>,
    pub(super) addresses: Vec<Address>,
    pub(super) disks: Vec<Disk>,
    /// Counts what was begun: events of something earlier are void.
    pub(super) epoch: u64,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) launched: Option<Timestamp>,
    pub(super) terminated: Option<Timestamp>,
    /// The newest last.
    pub(super) history: Vec<Action>,
}

/// One block device.
#[derive(Clone)]
pub(super) struct Disk {
    pub(super) source: Source,
    /// "/dev/sda"
    pub(super) device: String,
    pub(super) delete_on_termination: bool,
    pub(super) attachment_id: String,
    pub(super) bdm_id: String,
}

/// Where a disk comes from.
#[derive(Clone)]
pub(super) enum Source {
    Volume(String),
    /// A volume that is made from an image while the server is built.
    Image {
        id: String,
        size: i64,
        volume_type: Option<String>,
    },
}

impl Disk {
    /// Once there is one.
    pub(super) fn volume_id(&self) -> Option<&str> {
        match &self.source {
            Source::Volume(id) => Some(id),
            Source::Image { .. } => None,
        }
    }
}

impl Server {
    /// The status that Nova derives from the two states.
    pub(crate) fn status(&self) -> &'static str {
        match (self.vm_state, self.task_state) {
            ("active", Some("rebooting")) => "REBOOT",
            ("active", Some("rebooting_hard")) => "HARD_REBOOT",
            ("active" | "stopped", Some("resize_prep" | "resize_migrating" | "resize_finish")) => "RESIZE",
            ("resized", Some("resize_reverting")) => "REVERT_RESIZE",
            ("active", _) => "ACTIVE",
            ("stopped", _) => "SHUTOFF",
            ("suspended", _) => "SUSPENDED",
            ("resized", _) => "VERIFY_RESIZE",
            ("building", _) => "BUILD",
            ("deleted", _) => "DELETED",
            _ => "ERROR",
        }
    }

    /// libvirt's number: 0 none, 1 running, 4 shut down.
    pub(super) fn power_state(&self) -> u8 {
        let before = self.resized_from.as_ref().map(|(_, state)| *state);
        match before.unwrap_or(self.vm_state) {
            "active" | "resized" => 1,
            "stopped" | "suspended" => 4,
            _ => 0,
        }
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.vm_state == "deleted"
    }

    /// Whether the scheduler still has it: it can be seen but not acted on.
    pub(super) fn is_unscheduled(&self) -> bool {
        self.task_state == Some("scheduling")
    }

    /// Begins something that ends with an event of the returned epoch.
    pub(super) fn begin(&mut self, now: Timestamp, task: &'static str) -> u64 {
        self.task_state = Some(task);
        self.updated = now;
        self.epoch += 1;
        self.epoch
    }

    /// The next free device name.
    pub(super) fn next_device(&self) -> String {
        let taken = |device: &str| self.disks.iter().any(|disk| disk.device == device);
        let letters = ('a'..='z').map(|letter| format!("/dev/sd{letter}"));
        letters.into_iter().find(|device| !taken(device)).unwrap_or_default()
    }
}

impl Compute {
    /// A project's servers that are not deleted.
    pub(super) fn living<'a>(&'a self, project: &'a str) -> impl Iterator<Item = &'a Server> {
        self.servers.values().filter(move |server| server.project_id == project && !server.is_deleted())
    }
}

pub(super) fn not_found(id: &str) -> Refusal {
    Refusal::not_found(format!("Instance {id} could not be found."))
}

/// A server of the caller's project (of any, for an admin) that is not deleted.
pub(super) fn find<'a>(world: &'a World, caller: &Caller, id: &str) -> Result<&'a Server, Refusal> {
    let server = world.compute.servers.get(id);
    let seen = |server: &&Server| owns(server, caller) && !server.is_deleted();
    server.filter(seen).ok_or_else(|| not_found(id))
}

pub(super) fn find_mut<'a>(
    world: &'a mut World,
    caller: &Caller,
    id: &str,
) -> Result<&'a mut Server, Refusal> {
    let server = world.compute.servers.get_mut(id);
    let seen = |server: &&mut Server| owns(server, caller) && !server.is_deleted();
    server.filter(seen).ok_or_else(|| not_found(id))
}

pub(super) fn owns(server: &Server, caller: &Caller) -> bool {
    caller.admin || server.project_id == caller.project_id
}

pub(super) fn show(world: &World, caller: &Caller, minor: u16, id: &str) -> Outcome {
    let server = find(world, caller, id)?;
    require(caller.reader, "servers:show")?;
    Ok(Answer::json(200, &view::Wrapped { server: view::whole(world, server, caller, minor) }))
}

pub(super) fn tags(world: &World, caller: &Caller, id: &str) -> Outcome {
    let server = find(world, caller, id)?;
    require(caller.reader, "os-server-tags:index")?;
    Ok(Answer::json(200, &json!({"tags": server.tags})))
}

/// What the scheduler still has is gone at once, history and all; the rest takes its time.
pub(super) fn delete(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Outcome {
    find(world, caller, id)?;
    require(caller.member, "servers:delete")?;
    let now = world.now;
    let server = find_mut(world, caller, id)?;
    if server.task_state == Some("deleting") {
        return Ok(Answer::text(204, "application/json", ""));
    }
    if server.is_unscheduled() {
        world.compute.servers.remove(id);
        return Ok(Answer::text(204, "application/json", ""));
    }
    server.history.push(Action::begun("delete", call, caller, now));
    let epoch = server.begin(now, "deleting");
    world.later(world.timing.server_delete_ms, Event::Server { id: id.to_owned(), epoch, step: Step::Gone });
    Ok(Answer::text(204, "application/json", ""))
}
