//! One heartbeat after the other: a sign of life, a look at the others, and what is new about them. What right a host has
//! after one is in `lease`, who is dead in `failure_detector`.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::error::Error;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::failure_detector::FailureDetector;
use super::{Member, Membership, Peer};

impl Membership {
    /// Gives signs of life and looks at the others, until this host leaves. What it serves is told as soon as it changes.
    pub async fn keep(self: Arc<Self>) {
        if self.single_host {
            return;
        }
        let mut silence = FailureDetector::new(self.lease_time());
        let mut changes = self.serving.clone();
        let mut beat = interval(Duration::from_millis(self.config.beat_ms));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = beat.tick() => {}
                Ok(()) = changes.changed() => {}
            }
            let told = timeout(self.lease_time(), self.heartbeat(&mut silence)).await;
            match told {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(error = %error.chain(), "no sign of life could be given"),
                Err(_) => tracing::warn!("no sign of life could be given in time"),
            }
        }
    }

    async fn heartbeat(&self, silence: &mut FailureDetector) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        if self.stop.is_cancelled() {
            return Ok(());
        }
        self.renew().await?;
        let members = self.hosts.others(self.lease.load().host(), self.config.hosts_max).await?;
        for dead in silence.dead(&members, Instant::now()) {
            if self.hosts.evict(dead).await? {
                tracing::warn!(host = %dead.name, "it is silent and taken for dead; its operations are free");
            }
        }
        self.meet(members);
        Ok(())
    }

    async fn renew(&self) -> Result<(), Error> {
        let (lease, until) = (self.lease.load_full(), self.until());
        if self.hosts.heartbeat(lease.host(), &self.serving()).await? {
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

    /// Tells what is new about the others.
    fn meet(&self, members: Vec<Member>) {
        let before = self.peers();
        let peers: Vec<Peer> = members.into_iter().map(peer).collect();
        for peer in &peers {
            if !before.iter().any(|known| known.id == peer.id) {
                tracing::info!(host = %peer.name, "another host is there");
            }
        }
        for gone in before.iter().filter(|known| !peers.iter().any(|peer| peer.id == known.id)) {
            tracing::info!(host = %gone.name, "another host is gone");
        }
        self.peers.send_replace(Arc::new(peers));
    }
}

/// What a later version says in other words is not known here.
fn peer(Member { id, name, serving, .. }: Member) -> Peer {
    Peer { id, name, served: serde_json::from_str(&serving).unwrap_or_default() }
}
