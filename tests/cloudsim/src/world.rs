//! Everything there is: each service's state, the clock, and what is due later. Rules belong to the services.
//!
//! Time passes only when somebody looks: each call first applies what has become due, in its order and with
//! its own time, so there are no timers and a slow machine sees the same sequence as a fast one.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cinder::Volumes;
use crate::glance::Images;
use crate::keystone::Identity;
use crate::manila::Shares;
use crate::neutron::Networks;
use crate::nova::Compute;
use crate::ontap::Array;
use crate::rgw::Zone;
use crate::{cinder, manila, nova, ontap};

/// How long things take, in milliseconds. 0 is "before the next call".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timing {
    /// From the POST of a server to ACTIVE or ERROR; a third each for scheduling, disks and spawning.
    pub server_build_ms: u64,
    /// Start, stop, reboot, suspend, resume, confirm.
    pub server_action_ms: u64,
    /// Resize until VERIFY_RESIZE, and the way back.
    pub server_resize_ms: u64,
    /// From DELETE until 404.
    pub server_delete_ms: u64,
    /// From the POST of a volume to `available`; extending too.
    pub volume_create_ms: u64,
    /// From `reserved` to `in-use`.
    pub volume_attach_ms: u64,
    /// From `detaching` to `available`.
    pub volume_detach_ms: u64,
    /// From `deleting` until 404.
    pub volume_delete_ms: u64,
    /// From the POST of a share to `available` or `error`.
    pub share_create_ms: u64,
    /// From `deleting` until 404; until the ports of a share network are gone, too.
    pub share_delete_ms: u64,
    /// Until an access rule is applied or taken away.
    pub share_access_ms: u64,
    /// From the beginning of a job of the storage array to its end; it waits in a queue for half of it.
    pub array_job_ms: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            server_build_ms: 300,
            server_action_ms: 100,
            server_resize_ms: 300,
            server_delete_ms: 100,
            volume_create_ms: 100,
            volume_attach_ms: 100,
            volume_detach_ms: 100,
            volume_delete_ms: 50,
            share_create_ms: 200,
            share_delete_ms: 100,
            share_access_ms: 50,
            array_job_ms: 100,
        }
    }
}

impl Timing {
    /// Nothing takes time.
    #[must_use]
    pub fn instant() -> Self {
        Self {
            server_build_ms: 0,
            server_action_ms: 0,
            server_resize_ms: 0,
            server_delete_ms: 0,
            volume_create_ms: 0,
            volume_attach_ms: 0,
            volume_detach_ms: 0,
            volume_delete_ms: 0,
            share_create_ms: 0,
            share_delete_ms: 0,
            share_access_ms: 0,
            array_job_ms: 0,
        }
    }
}

/// How many of the next builds end in an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Failures {
    /// Servers that go to ERROR with `server_message` as their fault.
    pub servers: u32,
    /// Their fault's message; empty is Nova's "No valid host was found. ".
    pub server_message: String,
    /// Volumes that go to `error`.
    pub volumes: u32,
    /// Shares that go to `error` because no backend has room.
    pub shares: u32,
    /// Volumes of the storage array whose job fails at its end.
    pub array_volumes: u32,
}

/// What happens later.
pub(crate) enum Event {
    Server { id: String, epoch: u64, step: nova::Step },
    Volume { id: String, step: cinder::Step },
    Share { id: String, step: manila::Step },
    Array { job: String, step: ontap::Step },
}

/// The whole cloud.
pub(crate) struct World {
    /// `http://127.0.0.1:PORT`, for links and the catalogue.
    pub(crate) base: String,
    /// The time of this call, or of the event that is being applied.
    pub(crate) now: Timestamp,
    pub(crate) timing: Timing,
    pub(crate) failures: Failures,
    pub(crate) identity: Identity,
    pub(crate) compute: Compute,
    pub(crate) images: Images,
    pub(crate) volumes: Volumes,
    pub(crate) networks: Networks,
    pub(crate) shares: Shares,
    pub(crate) array: Array,
    /// What each object gateway keeps.
    pub(crate) zones: [Zone; 2],
    due: BTreeMap<(Timestamp, u64), Event>,
    due_count: u64,
}

impl World {
    pub(crate) fn new(base: String, timing: Timing, identity: Identity) -> Self {
        let now = Timestamp::now();
        let admin_project = identity.admin_project_id();
        Self {
            base,
            now,
            timing,
            failures: Failures::default(),
            compute: Compute::with_flavors(),
            images: Images::with_images(&admin_project, now),
            volumes: Volumes::with_types(),
            networks: Networks::with_first(&admin_project, now),
            shares: Shares::with_type(),
            array: Array::with_svm(),
            zones: Zone::both(now),
            identity,
            due: BTreeMap::new(),
            due_count: 0,
        }
    }

    /// Makes `event` happen `delay_ms` from now.
    pub(crate) fn later(&mut self, delay_ms: u64, event: Event) {
        let delay = SignedDuration::from_millis(i64::try_from(delay_ms).unwrap_or(i64::MAX));
        let at = self.now.checked_add(delay).unwrap_or(Timestamp::MAX);
        self.due_count += 1;
        self.due.insert((at, self.due_count), event);
    }

    /// Applies what has become due, each event at its own time.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        while let Some(entry) = self.due.first_entry() {
            let at = entry.key().0;
            if at > now {
                break;
            }
            let event = entry.remove();
            self.now = at;
            match event {
                Event::Server { id, epoch, step } => nova::happen(self, &id, epoch, step),
                Event::Volume { id, step } => cinder::happen(self, &id, step),
                Event::Share { id, step } => manila::happen(self, &id, step),
                Event::Array { job, step } => ontap::happen(self, &job, step),
            }
        }
        self.now = now;
    }
}

/// A new id as Nova, Cinder, Glance and Neutron write them.
pub(crate) fn uuid() -> String {
    Uuid::new_v4().to_string()
}

/// "2026-11-23T09:22:46Z": Nova's servers, Glance, Neutron.
pub(crate) fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// "2026-11-23T09:22:46.000000": Cinder and Nova's histories, which keep whole seconds.
pub(crate) fn micros(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000000").to_string()
}
