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
//! # Control
//!
//! Tests in the same process use [`Cloudsim::control`]. Over HTTP it is the same, with JSON:
//!
//! | | |
//! |---|---|
//! | `POST /_control/faults` | adds a [`Fault`]: `{"service": "compute", "method": "POST", "path": "/servers", "skip": 0, "times": 1, "delay_ms": 0, "effect": {"kind": "status", "status": 503, "body": {}}}`; kinds: `pass`, `status`, `close-before`, `close-after`, `cut-body`, `malformed`, `endless` |
//! | `GET`, `DELETE /_control/faults` | shows them, takes all away |
//! | `GET`, `PUT /_control/timing` | [`Timing`] |
//! | `PUT /_control/failures` | [`Failures`]: builds that end in an error |
//! | `PUT /_control/quotas/compute/{project}` | [`ComputeQuota`] |
//! | `PUT /_control/quotas/volume/{project}` | [`VolumeQuota`] |
//! | `PUT /_control/quotas/network/{project}` | [`NetworkQuota`] |
//! | `PUT /_control/quotas/share/{project}` | [`ShareQuota`] |
//! | `PUT /_control/tokens` | `{"lifetime_s": 60}`, for the next tokens |
//! | `DELETE /_control/tokens` | ends all |
//! | `PUT /_control/catalogue` | `{"omit": ["compute"]}`, for the next tokens |
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
mod query;
mod record;
mod refuse;
mod serve;
mod service;
mod webob;
mod world;

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use crate::cinder::VolumeQuota;
pub use crate::control::{Control, Resource};
pub use crate::fault::{Effect, FAULTS_MAX, Fault};
use crate::keystone::Identity;
pub use crate::manila::ShareQuota;
pub use crate::neutron::NetworkQuota;
pub use crate::nova::ComputeQuota;
pub use crate::record::{Count, Request};
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
    task: JoinHandle<()>,
}

impl Cloudsim {
    /// Starts one on the current tokio runtime; it answers from then on.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let Options { listen, timing, token_lifetime_s, requests_max } = options;
        let listener =
            TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        let url = format!("http://{}", listener.local_addr()?);
        let identity = Identity::with_admin(ADMIN_PASSWORD, REGION, token_lifetime_s);
        let control = Control::new(World::new(url.clone(), timing, identity), requests_max);
        let task = tokio::spawn(serve::accept(listener, control.clone()));
        Ok(Self { url, control, task })
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

    /// The handle that changes it and looks into it.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Closes the port and every connection, and returns when they are closed.
    pub async fn stop(mut self) {
        self.task.abort();
        // Aborted is what it should be.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Cloudsim {
    fn drop(&mut self) {
        self.task.abort();
    }
}
