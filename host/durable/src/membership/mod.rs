//! The hosts that share one database. Each gives a sign of life now and then, and looks for the others': so it knows who
//! is dead, and what each of them serves.
//!
//! A host is alive as long as it has a row; who takes one away decides that its operations are free. `adopt` of
//! `patchbay-operations` takes them up.

mod config;
mod failure_detector;
mod heartbeat;
mod lease;
mod store;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use patchbay_core::HostId;
use patchbay_core::error::{Error, Kind};
use patchbay_database as database;
use serde::{Deserialize, Serialize};
use sqlx::AnyPool;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

pub use self::config::Config;
pub use self::lease::{Lease, Lost};
pub use self::store::{Hosts, Member};

/// Who answers a domain in a region, as one host tells the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// As "nas".
    pub domain: String,
    /// Where.
    pub region: String,
    /// The file's name without `.wasm`.
    pub plugin: String,
    /// As the component says.
    pub version: String,
    /// Of its file.
    pub digest: String,
}

/// Another host, as it was when it was looked at last.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its id.
    pub id: HostId,
    /// What people call it.
    pub name: String,
    /// What it serves.
    pub served: Vec<Served>,
}

/// This host among the others.
pub struct Membership {
    hosts: Hosts,
    config: Config,
    name: String,
    /// What this host serves.
    serving: watch::Receiver<Vec<Served>>,
    /// Nobody else can use the database.
    single_host: bool,
    lease: ArcSwap<Lease>,
    peers: watch::Sender<Arc<Vec<Peer>>>,
    turn: Mutex<()>,
    stop: CancellationToken,
}

impl Membership {
    /// Enters among the hosts of the database, under the configured name or else `address`. `serving`: what this host serves,
    /// which the others are told as soon as it changes.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn join(
        pool: AnyPool,
        config: Config,
        address: String,
        serving: watch::Receiver<Vec<Served>>,
    ) -> Result<Arc<Self>, Error> {
        let (single_host, hosts) = (database::single_host(&pool), Hosts::new(pool));
        if single_host {
            hosts.clear().await?;
        }
        let membership = Self {
            hosts,
            name: config.name.clone().unwrap_or(address),
            config,
            serving,
            single_host,
            // None until it has entered.
            lease: ArcSwap::from_pointee(Lease::new(HostId::draw(), Some(Instant::now()))),
            peers: watch::Sender::default(),
            turn: Mutex::default(),
            stop: CancellationToken::new(),
        };
        membership.enter().await?;
        Ok(Arc::new(membership))
    }

    /// The right to carry operations. While it is in doubt, the next sign of life is waited for, as long as others would.
    ///
    /// # Errors
    /// [`Kind::Unavailable`]: none could be given, because the database does not answer; or this host was taken for dead.
    pub async fn lease(&self) -> Result<Arc<Lease>, Error> {
        let lease = self.lease.load_full();
        let regained = timeout(self.lease_time(), lease.regained()).await;
        if let Ok(Ok(())) = regained {
            return Ok(lease);
        }
        Err(Error::new(
            Kind::Unavailable,
            "This host is out of touch with its database; try again in a moment.",
        ))
    }

    /// The other hosts, as they were when they were looked at last.
    #[must_use]
    pub fn peers(&self) -> Arc<Vec<Peer>> {
        Arc::clone(&self.peers.borrow())
    }

    /// The others, anew after each look at them.
    pub fn looks(&self) -> watch::Receiver<Arc<Vec<Peer>>> {
        self.peers.subscribe()
    }

    /// Leaves: what this host carried is free at once.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer; then the others find out.
    pub async fn leave(&self) -> Result<(), Error> {
        self.stop.cancel();
        let _last = self.turn.lock().await;
        let lease = self.lease.load_full();
        lease.lose();
        self.hosts.leave(lease.host()).await
    }

    async fn enter(&self) -> Result<(), Error> {
        let (id, until) = (HostId::draw(), self.until());
        self.hosts.enter(id, &self.name, &self.serving()).await?;
        self.lease.store(Arc::new(Lease::new(id, until)));
        Ok(())
    }

    /// What this host serves, for the others.
    fn serving(&self) -> String {
        // A list of structs of texts has nothing that JSON cannot say.
        serde_json::to_string(&*self.serving.borrow()).unwrap_or_default()
    }

    /// Until when a sign of life that is given now is good: a heartbeat less than the others count, for what is under way then.
    fn until(&self) -> Option<Instant> {
        let beat = Duration::from_millis(self.config.beat_ms);
        (!self.single_host).then(|| Instant::now() + (self.lease_time() - beat))
    }

    fn lease_time(&self) -> Duration {
        Duration::from_millis(self.config.lease_ms)
    }
}
