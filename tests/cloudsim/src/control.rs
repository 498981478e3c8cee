//! What a test does to the cloud and reads from it, in the same process. The same over HTTP: `control_http`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::cinder::VolumeQuota;
use crate::fault::{Fault, Faults};
use crate::keystone::CatalogueForm;
use crate::manila::ShareQuota;
use crate::neutron::NetworkQuota;
use crate::nova::ComputeQuota;
use crate::record::{Count, Record, Request};
use crate::rgw::{REGIONS, Switch, Zone};
use crate::service::Service;
use crate::world::{Failures, Timing, World};

/// A handle; all clones of it are the same cloud.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

struct Shared {
    world: Mutex<World>,
    faults: Mutex<Faults>,
    record: Mutex<Record>,
    switches: [Switch; 2],
    /// The services that ignore filters.
    unfiltered: Mutex<Vec<Service>>,
}

/// Something that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// "domain", "project", "user", "role", "server", "volume", "network", "subnet", "port", "router",
    /// "security_group", "security_group_rule", "share", "share_network", "array_volume", "export_policy",
    /// "gateway_user" or "bucket"; ports, groups, rules and gateway users only where a client made them.
    pub kind: String,
    /// The service's own id.
    pub id: String,
    /// Empty where it has none.
    pub name: String,
    /// Whose it is; empty for what belongs to no project.
    pub project_id: String,
    /// "ACTIVE", "in-use"; of a gateway the region; empty for what has none.
    pub status: String,
}

impl Control {
    pub(crate) fn new(world: World, requests_max: usize) -> Self {
        let shared = Shared {
            world: Mutex::new(world),
            faults: Mutex::new(Faults::default()),
            record: Mutex::new(Record::new(requests_max)),
            switches: [Switch::on(), Switch::on()],
            unfiltered: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.shared.world)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.shared.faults)
    }

    pub(crate) fn record(&self) -> MutexGuard<'_, Record> {
        lock(&self.shared.record)
    }

    /// Of each object gateway.
    pub(crate) fn switches(&self) -> &[Switch; 2] {
        &self.shared.switches
    }

    /// Adds a fault; false where there are [`crate::FAULTS_MAX`] already. The oldest that fits a call applies.
    pub fn fault(&self, fault: Fault) -> bool {
        self.faults().add(fault)
    }

    /// Takes every fault away.
    pub fn clear_faults(&self) {
        self.faults().faults.clear();
    }

    /// Whether a fault for this request alone still waits for its call.
    #[must_use]
    pub fn awaits(&self, request_id: &str) -> bool {
        self.faults().faults.iter().any(|fault| fault.request_id.as_deref() == Some(request_id))
    }

    /// Takes the faults away that are for this request alone.
    pub fn clear_faults_of(&self, request_id: &str) {
        self.faults().faults.retain(|fault| fault.request_id.as_deref() != Some(request_id));
    }

    /// The services whose lists ignore every filter from now on, as such do that do not know one: they answer with all
    /// that the caller may see. An object gateway is none of them.
    pub fn set_filters_ignored(&self, services: &[Service]) {
        *lock(&self.shared.unfiltered) = services.to_vec();
    }

    pub(crate) fn ignores_filters(&self, service: Service) -> bool {
        !matches!(service, Service::Rgw1 | Service::Rgw2) && lock(&self.shared.unfiltered).contains(&service)
    }

    /// How long things take that begin from now on.
    pub fn set_timing(&self, timing: Timing) {
        self.world().timing = timing;
    }

    /// How many of the next builds fail, and with which words.
    pub fn set_failures(&self, failures: Failures) {
        self.world().failures = failures;
    }

    /// A project's limits in Nova.
    pub fn set_compute_quota(&self, project_id: &str, quota: ComputeQuota) {
        self.world().compute.quotas.insert(project_id.to_owned(), quota);
    }

    /// A project's limits in Cinder.
    pub fn set_volume_quota(&self, project_id: &str, quota: VolumeQuota) {
        self.world().volumes.quotas.insert(project_id.to_owned(), quota);
    }

    /// A project's limits in Neutron.
    pub fn set_network_quota(&self, project_id: &str, quota: NetworkQuota) {
        self.world().networks.set_quota(project_id, quota);
    }

    /// A project's limits in Manila.
    pub fn set_share_quota(&self, project_id: &str, quota: ShareQuota) {
        self.world().shares.quotas.insert(project_id.to_owned(), quota);
    }

    /// Lets an address mount the storage array's volume of that name; false where there is none.
    #[must_use]
    pub fn mount_nfs(&self, volume: &str, address: &str) -> bool {
        let mut world = self.world();
        world.advance(Timestamp::now());
        world.array.mount(volume, address)
    }

    /// How many seconds the next tokens live.
    pub fn set_token_lifetime(&self, seconds: u64) {
        self.world().identity.tokens.lifetime_s = seconds;
    }

    /// Ends every token: the next call with one is a 401.
    pub fn expire_tokens(&self) {
        self.world().identity.tokens.revoke(|_| true);
    }

    /// The services that the catalogue of the next tokens does not name. They go on serving.
    pub fn set_catalogue_omits(&self, services: &[Service]) {
        self.world().identity.catalogue_omits = services.to_vec();
    }

    /// How the catalogue of the next tokens writes addresses.
    pub fn set_catalogue_form(&self, form: CatalogueForm) {
        self.world().identity.catalogue_form = form;
    }

    /// Leaves a free volume with an attachment that only Cinder knows of, as a server does that went without saying so; false
    /// where there is no such volume.
    #[must_use]
    pub fn set_stale_attachment(&self, volume: &str, server: &str) -> bool {
        let mut world = self.world();
        world.advance(Timestamp::now());
        world.leave_attachment(volume, server)
    }

    /// Closes the port of a region's object gateway, or opens it again; what it keeps stays. Returns when it is
    /// so; false where no gateway has this region.
    pub async fn set_gateway_up(&self, region: &str, up: bool) -> bool {
        let found = REGIONS.iter().zip(self.switches()).find(|(name, _)| **name == region);
        if let Some((_, switch)) = found {
            switch.set(up).await;
        }
        found.is_some()
    }

    /// Sets the clock of a region's object gateway so many seconds ahead of all others, or back; false where no gateway has
    /// this region.
    #[must_use]
    pub fn set_gateway_ahead(&self, region: &str, seconds: i64) -> bool {
        let mut world = self.world();
        let found = world.zones.iter_mut().zip(REGIONS).find(|(_, name)| *name == region);
        found.map(|(zone, _)| zone.ahead = SignedDuration::from_secs(seconds)).is_some()
    }

    /// Everything that exists now, without deleted servers.
    #[must_use]
    pub fn resources(&self) -> Vec<Resource> {
        let mut world = self.world();
        world.advance(Timestamp::now());
        let mut resources = identity(&world);
        let servers = world.compute.servers.values().filter(|server| !server.is_deleted());
        resources.extend(servers.map(|server| Resource {
            kind: "server".to_owned(),
            id: server.id.clone(),
            name: server.name.clone(),
            project_id: server.project_id.clone(),
            status: server.status().to_owned(),
        }));
        resources.extend(world.volumes.volumes.values().map(|volume| Resource {
            kind: "volume".to_owned(),
            id: volume.id.clone(),
            name: volume.name.clone().unwrap_or_default(),
            project_id: volume.project_id.clone(),
            status: volume.status.to_owned(),
        }));
        resources.extend(world.networks.resources());
        resources.extend(world.shares.resources());
        resources.extend(world.array.resources());
        resources.extend(world.zones.iter().flat_map(Zone::resources));
        resources
    }

    /// How often each route was asked since the start, or since [`Control::clear_record`].
    #[must_use]
    pub fn counts(&self) -> Vec<Count> {
        self.record().counts()
    }

    /// How often one route was asked: `(Service::Compute, "GET", "/v2.1/servers/{id}")`.
    #[must_use]
    pub fn count(&self, service: Service, method: &str, route: &str) -> u64 {
        let counts = self.counts();
        let wanted =
            |count: &&Count| count.service == service && count.method == method && count.route == route;
        counts.iter().find(wanted).map_or(0, |count| count.count)
    }

    /// The last requests, the oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.record().requests()
    }

    /// Whether the record keeps what is answered from now on.
    pub fn set_answers_kept(&self, kept: bool) {
        self.record().keeps_answers = kept;
    }

    /// The faults that are to apply a number of times and have not done so yet.
    #[must_use]
    pub fn unused_faults(&self) -> Vec<Fault> {
        self.faults().faults.iter().filter(|fault| fault.times.is_some()).cloned().collect()
    }

    /// Forgets the counts and the requests.
    pub fn clear_record(&self) {
        self.record().clear();
    }
}

fn identity(world: &World) -> Vec<Resource> {
    let of_kind = |(kind, entries): (&'static str, Vec<(String, String)>)| {
        entries.into_iter().map(move |(id, name)| Resource {
            kind: kind.to_owned(),
            id,
            name,
            project_id: String::new(),
            status: String::new(),
        })
    };
    world.identity.ids().into_iter().flat_map(of_kind).collect()
}

/// A panic while it was held has left whole values: every change is made in one piece or not at all.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
