//! A stateful stand-in for the HTTP APIs of OpenStack: one process, one port, each service under a prefix of its
//! own (`/identity`, `/compute`, `/image`, `/volume`, `/network`, `/share`) with a catalogue that names them.
//!
//! It answers as the real services (2026.2) were seen to answer, errors and microversions included; one suite of
//! tests (`tests/conformance.rs`) runs on both. What it does not know is the service's own 404. States take
//! time, tokens expire, quotas hold, everything belongs to a project, and every call can be made to fail.
//!
//! There is a user `admin` (password `admin-secret`, project `admin`, domain `default`, region `RegionOne`), the
//! roles admin → manager → member → reader, six flavors, two images, a network `provider` that every project
//! may use, and a network `public` for the gateways of routers. Servers run on one host, `cloudsim-1`, in the zone
//! `nova`; what needs more than 1 TiB of memory finds no host.
//!
//! # Object gateways
//!
//! Two gateways of Ceph (16.2), `region-1` and `region-2`, each on a port of its own because S3's paths begin with
//! the bucket, with users and buckets of its own: [`Cloudsim::gateways`]. They speak S3 and the Admin Ops API; the
//! tests in `tests/gateway` run on them and on real ones.
//!
//! # Storage array
//!
//! NetApp ONTAP's REST API under `/ontap`, as far as NFS volumes need it: [`Cloudsim::array_url`], with the SVM
//! [`ARRAY_SVM`], the aggregate [`ARRAY_AGGREGATE`] and the basic credential of [`ARRAY_USERNAME`]. It is written
//! from NetApp's documentation alone.
//!
//! # Control
//!
//! Tests in the same process use [`Cloudsim::control`]. Over HTTP it is the same, with JSON:
//!
//! | | |
//! |---|---|
//! | `POST /_control/faults` | adds a [`Fault`]: `{"service": "compute", "method": "POST", "path": "/servers", "request_id": null, "skip": 0, "times": 1, "delay_ms": 0, "effect": {"kind": "status", "status": 503, "body": {}}}`; kinds: `pass`, `status`, `close-before`, `close-after`, `late`, `padded`, `cut-body`, `malformed`, `endless`, `packed` |
//! | `GET`, `DELETE /_control/faults` | shows them, takes all away |
//! | `GET`, `PUT /_control/timing` | [`Timing`] |
//! | `PUT /_control/failures` | [`Failures`]: builds that end in an error |
//! | `PUT /_control/quotas/compute/{project}` | [`ComputeQuota`] |
//! | `PUT /_control/quotas/volume/{project}` | [`VolumeQuota`] |
//! | `PUT /_control/quotas/network/{project}` | [`NetworkQuota`] |
//! | `PUT /_control/quotas/share/{project}` | [`ShareQuota`] |
//! | `PUT /_control/tokens` | `{"lifetime_s": 60}`, for the next tokens |
//! | `DELETE /_control/tokens` | ends all |
//! | `PUT /_control/catalogue` | `{"omit": ["compute"], "form": {}}`, for the next tokens; [`CatalogueForm`] |
//! | `POST /_control/stale-attachments` | `{"volume": "ID", "server": "ID"}`: Cinder alone knows of it |
//! | `PUT /_control/filters` | `{"ignored_by": ["volume"]}`: their lists answer with all that there is |
//! | `POST /_control/nfs-clients` | `{"volume": "vol1", "address": "10.0.0.7"}`: it mounts the array's volume |
//! | `PUT /_control/gateways/{region}` | `{"up": false}` closes its port, `true` opens it again |
//! | `GET /_control/resources` | every [`Resource`] |
//! | `GET`, `DELETE /_control/counts` | a [`Count`] for each route |
//! | `GET`, `DELETE /_control/requests` | the last [`Request`]s |

#![forbid(unsafe_code)]

mod call;
mod cinder;
mod control;
mod control_http;
mod fault;
mod glance;
mod keystone;
mod manila;
mod microversion;
mod neutron;
mod nova;
mod ontap;
mod query;
mod record;
mod refuse;
mod rgw;
mod serve;
mod service;
mod webob;
mod world;

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use crate::cinder::VolumeQuota;
pub use crate::control::{Control, Resource};
pub use crate::fault::{Effect, FAULTS_MAX, Fault};
pub use crate::keystone::CatalogueForm;
use crate::keystone::Identity;
pub use crate::manila::ShareQuota;
pub use crate::neutron::NetworkQuota;
pub use crate::nova::ComputeQuota;
pub use crate::ontap::{ARRAY_AGGREGATE, ARRAY_PASSWORD, ARRAY_SVM, ARRAY_USERNAME};
pub use crate::record::{Count, Request};
pub use crate::rgw::Gateway;
use crate::serve::Front;
pub use crate::service::Service;
use crate::world::World;
pub use crate::world::{Failures, Timing};

/// The admin's password.
pub const ADMIN_PASSWORD: &str = "admin-secret";
/// The only region.
pub const REGION: &str = "RegionOne";

/// How a cloud begins. Timing, quotas and the like can be changed later.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 is any free one. It should be a loopback address: there is no TLS.
    pub listen: SocketAddr,
    /// Where the object gateways listen, `region-1` and `region-2`.
    pub gateways: [SocketAddr; 2],
    /// How long things take.
    pub timing: Timing,
    /// Seconds that a token lives.
    pub token_lifetime_s: u64,
    /// Requests that are kept for [`Control::requests`]; 0 keeps none.
    pub requests_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            gateways: [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); 2],
            timing: Timing::default(),
            token_lifetime_s: 3600,
            requests_max: 1000,
        }
    }
}

/// A running cloud. It stops when it is dropped.
pub struct Cloudsim {
    url: String,
    control: Control,
    gateways: [Gateway; 2],
    tasks: JoinSet<()>,
}

impl Cloudsim {
    /// Starts one on the current tokio runtime; it answers from then on.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let Options { listen, gateways, timing, token_lifetime_s, requests_max } = options;
        let (listener, address) = listening(listen).await?;
        let url = format!("http://{address}");
        let identity = Identity::with_admin(ADMIN_PASSWORD, REGION, token_lifetime_s);
        let control = Control::new(World::new(url.clone(), timing, identity), requests_max);
        let mut tasks = JoinSet::new();
        let addresses = serve_gateways(gateways, &control, &mut tasks).await?;
        let all = control.clone();
        tasks.spawn(async move { serve::accept(&listener, Front::OpenStack, &all).await });
        Ok(Self { url, control, gateways: Gateway::both(addresses), tasks })
    }

    /// `http://127.0.0.1:PORT`; Keystone is at `/identity/v3` below it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL to log in at.
    #[must_use]
    pub fn auth_url(&self) -> String {
        format!("{}/identity/v3", self.url)
    }

    /// Where the storage array's paths begin: `/api/cluster` is below it.
    #[must_use]
    pub fn array_url(&self) -> String {
        format!("{}/{}", self.url, Service::Ontap.prefix())
    }

    /// The handle that changes it and looks into it.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// The object gateways of `region-1` and `region-2`.
    #[must_use]
    pub fn gateways(&self) -> &[Gateway; 2] {
        &self.gateways
    }

    /// Closes the ports and every connection, and returns when they are closed.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

async fn listening(address: SocketAddr) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Where they listen.
async fn serve_gateways(
    mut addresses: [SocketAddr; 2],
    control: &Control,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<[SocketAddr; 2]> {
    for (number, address) in addresses.iter_mut().enumerate() {
        let (listener, actual) = listening(*address).await?;
        *address = actual;
        tasks.spawn(rgw::serve(listener, actual, number, control.clone()));
    }
    Ok(addresses)
}
