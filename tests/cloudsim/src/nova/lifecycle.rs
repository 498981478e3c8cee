//! What servers do by themselves as time passes: builds, actions, resizes, ends.

use super::server::{Server, Source};
use super::{DELETED_MAX, HOST};
use crate::cinder;
use crate::neutron::Device;
use crate::world::{Event, World};

/// What an error says where the operator of the simulation says nothing else.
const NO_HOST: &str = "No valid host was found. ";
/// MiB on the one host: what asks for more finds none.
const HOST_RAM: u32 = 1 << 20;

/// What happens to a server later.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// The scheduler has chosen a host, or found none.
    Scheduled,
    /// Disks and addresses are there.
    Mapped,
    Built,
    /// An action ends in this state.
    Acted(&'static str),
    /// A resize goes on.
    Task(&'static str),
    Resized,
    Confirmed,
    Reverted,
    Gone,
}

/// Applies a step, unless something newer was begun since.
pub(crate) fn happen(world: &mut World, id: &str, epoch: u64, step: Step) {
    let now = world.now;
    let Some(server) = world.compute.servers.get_mut(id).filter(|server| server.epoch == epoch) else {
        return;
    };
    server.updated = now;
    match step {
        Step::Scheduled => schedule(world, id),
        Step::Mapped => map(world, id),
        Step::Built => build(world, id),
        Step::Acted(state) => settle(world, id, state),
        Step::Task(task) => server.task_state = Some(task),
        Step::Resized => settle(world, id, "resized"),
        Step::Confirmed => {
            let before = server.resized_from.take().map_or("active", |(_, state)| state);
            settle(world, id, before);
        }
        Step::Reverted => revert(world, id),
        Step::Gone => end(world, id),
    }
}

/// The end of what was begun, in this state.
fn settle(world: &mut World, id: &str, state: &'static str) {
    let now = world.now;
    if let Some(server) = world.compute.servers.get_mut(id) {
        server.vm_state = state;
        server.task_state = None;
        server.conclude(now, true);
    }
}

/// The rest of a build, after the scheduler.
fn schedule(world: &mut World, id: &str) {
    let Some(server) = world.compute.servers.get_mut(id) else { return };
    let wanted = server.host.clone().unwrap_or_default();
    let placed = server.can_be_placed() && server.flavor.ram <= HOST_RAM;
    let message = if wanted.is_empty() || wanted == HOST {
        NO_HOST.to_owned()
    } else {
        format!("{NO_HOST}No such host - host: {wanted} node: None ")
    };
    server.task_state = Some("networking");
    let epoch = server.epoch;
    if world.failures.servers > 0 {
        world.failures.servers -= 1;
        let told = world.failures.server_message.clone();
        return fail(world, id, if told.is_empty() { NO_HOST.to_owned() } else { told });
    }
    if !placed {
        return fail(world, id, message);
    }
    let third = world.timing.server_build_ms / 3;
    world.later(third / 2, Event::Server { id: id.to_owned(), epoch, step: Step::Mapped });
    world.later(third * 2, Event::Server { id: id.to_owned(), epoch, step: Step::Built });
}

/// ERROR with a fault; its addresses are free again and its volumes are where they were.
fn fail(world: &mut World, id: &str, message: String) {
    let now = world.now;
    let Some(server) = world.compute.servers.get_mut(id) else { return };
    server.vm_state = "error";
    server.task_state = None;
    server.fault = Some((now, message));
    server.epoch += 1;
    server.conclude(now, false);
    server.addresses.clear();
    let disks = std::mem::take(&mut server.disks);
    for disk in disks {
        if let Source::Volume(volume) = &disk.source {
            world.release_volume(volume, disk.delete_on_termination);
        }
    }
    world.networks.unplug(id);
}

/// Takes addresses and makes the volumes that are copies of images.
fn map(world: &mut World, id: &str) {
    let Some(server) = world.compute.servers.get_mut(id) else { return };
    server.task_state = Some("block_device_mapping");
    let networks = server.networks.clone();
    let (project_id, groups) = (server.project_id.clone(), server.security_groups.clone());
    let device = Device { id, project_id: &project_id, groups: &groups };
    let plug = |network: &String| world.networks.plug(network, &device, world.now);
    let addresses: Option<Vec<_>> = networks.iter().map(plug).collect();
    let Some(addresses) = addresses else {
        let message =
            format!("Build of instance {id} aborted: Failed to allocate the network(s), not rescheduling.");
        return fail(world, id, message);
    };
    let Some(server) = world.compute.servers.get_mut(id) else { return };
    server.addresses = addresses;
    for at in 0..server_disks(world, id) {
        if let Err(message) = make_disk(world, id, at) {
            return fail(world, id, format!("Build of instance {id} aborted: {message}"));
        }
    }
}

fn server_disks(world: &World, id: &str) -> usize {
    world.compute.servers.get(id).map_or(0, |server| server.disks.len())
}

/// Makes the volume of one disk where it is to be a copy of an image.
fn make_disk(world: &mut World, id: &str, at: usize) -> Result<(), String> {
    let Some(server) = world.compute.servers.get(id) else { return Ok(()) };
    let disk = &server.disks[at];
    let Source::Image { id: image, size, volume_type } = &disk.source else { return Ok(()) };
    let device = disk.device.clone();
    let spec = cinder::Spec {
        project_id: server.project_id.clone(),
        user_id: server.user_id.clone(),
        name: Some(String::new()),
        description: Some(String::new()),
        size: *size,
        volume_type: volume_type.clone(),
        metadata: Default::default(),
        image: world.images.usable(image, &server.project_id).map(crate::glance::Image::volume_metadata),
    };
    let volume = world.make_volume(spec).map_err(|refusal| refusal.message)?;
    world.settle_volume(&volume, cinder::Step::Created);
    world.reserve_volume(&volume, id, &device);
    if let Some(server) = world.compute.servers.get_mut(id) {
        server.disks[at].source = Source::Volume(volume);
    }
    Ok(())
}

/// ACTIVE, its volumes in use.
fn build(world: &mut World, id: &str) {
    let now = world.now;
    let Some(server) = world.compute.servers.get_mut(id) else { return };
    server.launched = Some(now);
    let volumes: Vec<String> =
        server.disks.iter().filter_map(|disk| disk.volume_id().map(str::to_owned)).collect();
    settle(world, id, "active");
    for volume in volumes {
        world.settle_volume(&volume, cinder::Step::Attached);
    }
}

/// Back to the old flavor and state.
fn revert(world: &mut World, id: &str) {
    let Some(server) = world.compute.servers.get_mut(id) else { return };
    let Some((flavor, state)) = server.resized_from.take() else { return };
    server.flavor = flavor;
    settle(world, id, state);
}

/// The server is only a history now; its addresses are free, its volumes free or gone.
fn end(world: &mut World, id: &str) {
    let now = world.now;
    settle(world, id, "deleted");
    let Some(server) = world.compute.servers.get_mut(id) else { return };
    server.terminated = Some(now);
    server.resized_from = None;
    server.addresses.clear();
    server.metadata.clear();
    server.tags.clear();
    for disk in std::mem::take(&mut server.disks) {
        if let Source::Volume(volume) = &disk.source {
            world.release_volume(volume, disk.delete_on_termination);
        }
    }
    world.networks.unplug(id);
    forget_oldest(world, id);
}

fn forget_oldest(world: &mut World, id: &str) {
    let compute = &mut world.compute;
    compute.deleted.push_back(id.to_owned());
    if compute.deleted.len() > DELETED_MAX
        && let Some(oldest) = compute.deleted.pop_front()
    {
        compute.servers.remove(&oldest);
    }
}

impl Server {
    /// Whether it ever ran on a host.
    pub(super) fn was_placed(&self) -> bool {
        self.launched.is_some()
    }
}
