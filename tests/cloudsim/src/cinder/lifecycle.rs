//! What volumes do by themselves as time passes, and what servers do to them.

use super::message::Message;
use super::{Attachment, Volume};
use crate::world::{Event, World, uuid};

/// What happens to a volume later.
pub(crate) enum Step {
    Created,
    /// `reserved` becomes `attaching`.
    Attaching,
    Attached,
    Detached,
    Extended {
        size: i64,
        status: &'static str,
    },
    Deleted,
}

/// Applies a step. A volume that is gone, or is no longer where the step begins, is left alone.
pub(crate) fn happen(world: &mut World, id: &str, step: Step) {
    let now = world.now;
    let Some(volume) = world.volumes.volumes.get_mut(id) else { return };
    match (step, volume.status) {
        (Step::Created, "creating") => {
            let fails = world.failures.volumes > 0;
            world.failures.volumes -= u32::from(fails);
            volume.status = if fails { "error" } else { "available" };
            if fails {
                world.volumes.messages.push(Message::about(volume, now));
            }
        }
        (Step::Attaching, "reserved") => volume.status = "attaching",
        (Step::Attached, "reserved" | "attaching") => {
            volume.status = "in-use";
            if let Some(attachment) = &mut volume.attachment {
                attachment.attached = Some(now);
            }
        }
        (Step::Detached, "detaching") => {
            volume.status = "available";
            volume.updated = Some(now);
            if let Some(attachment) = volume.attachment.take() {
                world.unplug_volume(&attachment.server_id, id);
            }
            return;
        }
        (Step::Extended { size, status }, "extending") => {
            volume.size = size;
            volume.status = status;
        }
        (Step::Deleted, "deleting") => {
            world.volumes.volumes.remove(id);
            return;
        }
        _ => return,
    }
    volume.updated = Some(now);
}

impl World {
    /// Reserves an available volume for a server. What follows is up to `attach`, or to the server's build.
    pub(crate) fn reserve_volume(&mut self, id: &str, server_id: &str, device: &str) {
        let now = self.now;
        if let Some(volume) = self.volumes.volumes.get_mut(id) {
            volume.status = "reserved";
            volume.updated = Some(now);
            let (server_id, device) = (server_id.to_owned(), device.to_owned());
            volume.attachment = Some(Attachment { id: uuid(), server_id, device, attached: None });
        }
    }

    /// A reserved volume goes through `attaching` to `in-use`.
    pub(crate) fn attach_volume(&mut self, id: &str) {
        let whole = self.timing.volume_attach_ms;
        self.later(whole / 2, Event::Volume { id: id.to_owned(), step: Step::Attaching });
        self.later(whole, Event::Volume { id: id.to_owned(), step: Step::Attached });
    }

    /// A free volume that shows an attachment all the same; false where there is none of this id.
    pub(crate) fn leave_attachment(&mut self, id: &str, server_id: &str) -> bool {
        let now = self.now;
        let Some(volume) = self.volumes.volumes.get_mut(id) else { return false };
        let (server_id, device) = (server_id.to_owned(), "/dev/vdb".to_owned());
        volume.attachment = Some(Attachment { id: uuid(), server_id, device, attached: Some(now) });
        true
    }

    /// An attached volume goes through `detaching` to `available`.
    pub(crate) fn detach_volume(&mut self, id: &str) {
        self.set_volume_status(id, "detaching");
        self.later(self.timing.volume_detach_ms, Event::Volume { id: id.to_owned(), step: Step::Detached });
    }

    /// At once, as when a server's build or end decides it.
    pub(crate) fn settle_volume(&mut self, id: &str, step: Step) {
        happen(self, id, step);
    }

    /// The server is gone: the volume is free again, or goes too.
    pub(crate) fn release_volume(&mut self, id: &str, delete: bool) {
        if delete {
            self.volumes.volumes.remove(id);
            return;
        }
        self.set_volume_status(id, "detaching");
        happen(self, id, Step::Detached);
    }

    fn set_volume_status(&mut self, id: &str, status: &'static str) {
        let now = self.now;
        let volume: Option<&mut Volume> = self.volumes.volumes.get_mut(id);
        if let Some(volume) = volume {
            volume.status = status;
            volume.updated = Some(now);
        }
    }
}
