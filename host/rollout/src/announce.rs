//! What other hosts that share the database say that they serve, told to whoever watches this one. How it travels is not
//! known here.

use std::sync::Arc;

use patchbay_core::{Digest, Domain};
use patchbay_durable::membership::{Peer, Served};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Plugins;
use super::event::{About, EventKind};

fn label(served: &Served) -> String {
    format!("{}@{}", served.plugin, Digest::from_hex(&served.digest).short())
}

/// Who answers the same calls.
fn counterpart<'a>(served: &Served, among: &'a [Served]) -> Option<&'a Served> {
    among.iter().find(|other| other.domain == served.domain && other.region == served.region)
}

fn about(served: &Served) -> About {
    let domain = Domain::from_word(&served.domain);
    domain.map(|domain| About::line(domain, &served.region)).unwrap_or_default()
}

impl Plugins {
    /// Tells what is new about the other hosts after each look at them, until `stop`.
    pub async fn announce(
        self: Arc<Self>,
        mut looks: watch::Receiver<Arc<Vec<Peer>>>,
        stop: CancellationToken,
    ) {
        let mut before = Arc::<Vec<Peer>>::default();
        loop {
            let now = Arc::clone(&looks.borrow_and_update());
            for peer in &*now {
                let known = before.iter().find(|known| known.id == peer.id);
                self.announced(&peer.name, known.map(|known| known.served.as_slice()), &peer.served);
            }
            before = now;
            tokio::select! {
                () = stop.cancelled() => return,
                Ok(()) = looks.changed() => {}
                else => return,
            }
        }
    }

    /// Tells in which lines another host serves otherwise than before; or than this one, where it was not known before.
    fn announced(&self, host: &str, before: Option<&[Served]>, now: &[Served]) {
        let own = self.changes().borrow().clone();
        let known = before.unwrap_or(&own);
        for news in now.iter().filter(|served| counterpart(served, known) != Some(*served)) {
            let here = match counterpart(news, &own) {
                Some(here) if here == news => "so does this one".to_owned(),
                Some(here) => format!("this one by {}", label(here)),
                None => "this one does not".to_owned(),
            };
            let (domain, region) = (&news.domain, &news.region);
            self.told(
                news,
                format!("host {host} now serves {domain} in {region} by {}; {here}", label(news)),
            );
        }
        for gone in before.unwrap_or_default().iter().filter(|served| counterpart(served, now).is_none()) {
            let (domain, region) = (&gone.domain, &gone.region);
            self.told(gone, format!("host {host} serves {domain} in {region} no longer"));
        }
    }

    fn told(&self, served: &Served, message: String) {
        tracing::info!(domain = %served.domain, region = %served.region, "{message}");
        self.registry.events.tell(EventKind::Announced, about(served), message);
    }
}
