//! The hosts that share one database. Each gives a sign of life now and then, and looks for the others': so it knows who
//! is dead, and what each of them serves.
//!
//! A host is alive as long as it has a row; who takes one away decides that its operations are free. Taking them up is
//! `operation`'s affair.

mod config;
mod lease;
mod silence;
mod store;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use sqlx::AnyPool;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use self::config::Config;
pub use self::lease::{Lease, Lost};
use self::silence::Silence;
pub use self::store::{Hosts, Member};
use crate::database;
use crate::error::{Error, Kind};
use crate::plugin::{Plugins, Served};

/// A host's id: drawn when it starts, and anew when it was taken for dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HostId(Uuid);

impl HostId {
    /// A new one.
    #[must_use]
    pub fn draw() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for HostId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::try_parse(text).map(Self)
    }
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
    plugins: Arc<Plugins>,
    /// Nobody else can use the database.
    sole: bool,
    lease: ArcSwap<Lease>,
    peers: ArcSwap<Vec<Peer>>,
    looks: watch::Sender<()>,
    turn: Mutex<()>,
    stop: CancellationToken,
}

impl Membership {
    /// Enters among the hosts of the database, under the configured name or else `address`.
    ///
    /// # Errors
    /// The database fails.
    pub async fn join(
        pool: AnyPool,
        config: Config,
        address: String,
        plugins: Arc<Plugins>,
    ) -> Result<Arc<Self>, Error> {
        let (sole, hosts) = (database::sole(&pool), Hosts::new(pool));
        if sole {
            hosts.clear().await?;
        }
        let membership = Self {
            hosts,
            name: config.name.clone().unwrap_or(address),
            config,
            plugins,
            sole,
            lease: ArcSwap::from_pointee(Lease::new(HostId::draw(), Some(Instant::now()))),
            peers: ArcSwap::default(),
            looks: watch::Sender::new(()),
            turn: Mutex::default(),
            stop: CancellationToken::new(),
        };
        membership.enter().await?;
        Ok(Arc::new(membership))
    }

    /// The right to carry operations, as it is now.
    ///
    /// # Errors
    /// [`Kind::Unavailable`]: it is in doubt, because the database has not answered lately.
    pub fn lease(&self) -> Result<Arc<Lease>, Error> {
        let lease = self.lease.load_full();
        if lease.holds() {
            return Ok(lease);
        }
        Err(Error::new(
            Kind::Unavailable,
            "This host is out of touch with its database; try again in a moment.",
        ))
    }

    /// The other hosts.
    #[must_use]
    pub fn peers(&self) -> Arc<Vec<Peer>> {
        self.peers.load_full()
    }

    /// Signals after each look at the others.
    pub fn looks(&self) -> watch::Receiver<()> {
        self.looks.subscribe()
    }

    /// Gives signs of life and looks at the others, until this host leaves. What it serves is told as soon as it changes.
    pub async fn keep(self: Arc<Self>) {
        if self.sole {
            return;
        }
        let mut silence = Silence::new(self.lease_time());
        let mut changes = self.plugins.changes();
        let mut beat = interval(Duration::from_millis(self.config.beat_ms));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = beat.tick() => {}
                Ok(()) = changes.changed() => {}
            }
            let told = timeout(self.lease_time(), self.beat(&mut silence)).await;
            match told {
                Ok(Ok(())) => drop(self.looks.send_replace(())),
                Ok(Err(error)) => tracing::warn!(error = %error.chain(), "no sign of life could be given"),
                Err(_) => tracing::warn!("no sign of life could be given in time"),
            }
        }
    }

    /// Leaves: what this host carried is free at once.
    ///
    /// # Errors
    /// The database fails; then the others find out.
    pub async fn leave(&self) -> Result<(), Error> {
        self.stop.cancel();
        let _last = self.turn.lock().await;
        let lease = self.lease.load_full();
        lease.lose();
        self.hosts.leave(lease.host()).await
    }

    async fn beat(&self, silence: &mut Silence) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        if self.stop.is_cancelled() {
            return Ok(());
        }
        self.renew().await?;
        let members = self.hosts.others(self.lease.load().host(), self.config.hosts_max).await?;
        for dead in silence.dead(&members, Instant::now()) {
            if self.hosts.bury(dead).await? {
                tracing::warn!(host = %dead.name, "it is silent and taken for dead; its operations are free");
            }
        }
        self.meet(members);
        Ok(())
    }

    async fn renew(&self) -> Result<(), Error> {
        let (lease, until) = (self.lease.load_full(), self.until());
        if self.hosts.beat(lease.host(), &self.serving()).await? {
            // In another case it is for ever.
            if let Some(until) = until {
                lease.renew(until);
            }
            return Ok(());
        }
        lease.lose();
        tracing::warn!("this host was taken for dead: others go on with what it carried");
        self.enter().await
    }

    async fn enter(&self) -> Result<(), Error> {
        let (id, until) = (HostId::draw(), self.until());
        self.hosts.enter(id, &self.name, &self.serving()).await?;
        self.lease.store(Arc::new(Lease::new(id, until)));
        Ok(())
    }

    /// Tells what is new about the others.
    fn meet(&self, members: Vec<Member>) {
        let before = self.peers.load_full();
        let peers: Vec<Peer> = members.into_iter().map(peer).collect();
        for peer in &peers {
            let known = before.iter().find(|known| known.id == peer.id);
            if known.is_none() {
                tracing::info!(host = %peer.name, "another host is there");
            }
            self.plugins.announced(&peer.name, known.map(|known| known.served.as_slice()), &peer.served);
        }
        for gone in before.iter().filter(|known| !peers.iter().any(|peer| peer.id == known.id)) {
            tracing::info!(host = %gone.name, "another host is gone");
        }
        self.peers.store(Arc::new(peers));
    }

    /// What this host serves, for the others.
    fn serving(&self) -> String {
        // A list of structs of texts has nothing that JSON cannot say.
        serde_json::to_string(&self.plugins.served()).unwrap_or_default()
    }

    /// Until when a sign of life that is given now is good: a beat less than the others count, for what is under way then.
    fn until(&self) -> Option<Instant> {
        let beat = Duration::from_millis(self.config.beat_ms);
        (!self.sole).then(|| Instant::now() + (self.lease_time() - beat))
    }

    fn lease_time(&self) -> Duration {
        Duration::from_millis(self.config.lease_ms)
    }
}

/// What a later version says in other words is not known here.
fn peer(Member { id, name, serving, .. }: Member) -> Peer {
    Peer { id, name, served: serde_json::from_str(&serving).unwrap_or_default() }
}
