//! What shares, access rules and share servers do by themselves as time passes.

use super::message::{Message, Reason};
use super::{ZONE, export, share_network};
use crate::world::World;

/// What happens later, to the share, the rule or the share server of that id.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    Created,
    Deleted,
    Allowed,
    Denied,
    /// A share server gives its addresses back.
    Unplugged,
}

/// Applies a step. What is gone, or is no longer where the step begins, is left alone.
pub(crate) fn happen(world: &mut World, id: &str, step: Step) {
    match step {
        Step::Created => created(world, id),
        Step::Deleted => {
            world.shares.shares.remove(id);
            world.shares.rules.retain(|_, rule| rule.share_id != id);
        }
        Step::Allowed => allowed(world, id),
        Step::Denied => {
            world.shares.rules.remove(id);
        }
        Step::Unplugged => world.networks.unplug(id),
    }
}

/// The first share on a share network makes the network's server.
fn created(world: &mut World, id: &str) {
    let Some(network_id) = world.shares.shares.get(id).map(|share| share.network_id.clone()) else { return };
    let fails = world.failures.shares > 0;
    world.failures.shares -= u32::from(fails);
    let addresses = if fails { None } else { share_network::addresses(world, &network_id) };
    let now = world.now;
    let Some(share) = world.shares.shares.get_mut(id) else { return };
    share.zone = (!fails).then_some(ZONE);
    if let Some(addresses) = addresses {
        share.status = "available";
        share.exports = export::made(id, &addresses);
        return;
    }
    share.status = "error";
    let reason = if fails { Reason::NoStorage } else { Reason::NoServer };
    world.shares.messages.push(Message::about(share, reason, now));
}

fn allowed(world: &mut World, id: &str) {
    let now = world.now;
    if let Some(rule) = world.shares.rules.get_mut(id).filter(|rule| rule.state == "queued_to_apply") {
        rule.state = "active";
        rule.updated = Some(now);
    }
}
