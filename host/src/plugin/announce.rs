//! What this host serves, for the others that share its database, and what they say that they serve. How it travels is
//! `membership`'s affair.

use serde::{Deserialize, Serialize};

use super::Plugins;
use super::domain::Domain;
use super::event::{About, EventKind};
use super::generation::Digest;

/// Who answers a domain in a region.
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

impl Served {
    fn label(&self) -> String {
        format!("{}@{}", self.plugin, Digest::from_hex(&self.digest).short())
    }

    /// Who answers the same calls.
    fn counterpart<'a>(&self, among: &'a [Self]) -> Option<&'a Self> {
        among.iter().find(|other| other.domain == self.domain && other.region == self.region)
    }

    fn about(&self) -> About {
        Domain::from_word(&self.domain).map(|domain| About::line(domain, &self.region)).unwrap_or_default()
    }
}

impl Plugins {
    /// Who answers each line now, or most of its calls where several do.
    #[must_use]
    pub fn served(&self) -> Vec<Served> {
        self.runtime.routing.read(|lines| {
            let active = lines.iter().filter_map(|line| line.pick(None));
            let served = active.map(|generation| Served {
                domain: generation.domain.word().to_owned(),
                region: generation.region.clone(),
                plugin: generation.plugin.clone(),
                version: generation.version.clone(),
                digest: generation.digest.as_str().to_owned(),
            });
            served.collect()
        })
    }

    /// Tells in which lines another host serves otherwise than before; or than this one, where it was not known before.
    pub(crate) fn announced(&self, host: &str, before: Option<&[Served]>, now: &[Served]) {
        let own = self.served();
        let known = before.unwrap_or(&own);
        for news in now.iter().filter(|served| served.counterpart(known) != Some(*served)) {
            let here = match news.counterpart(&own) {
                Some(here) if here == news => "so does this one".to_owned(),
                Some(here) => format!("this one by {}", here.label()),
                None => "this one does not".to_owned(),
            };
            let (domain, region) = (&news.domain, &news.region);
            self.told(
                news,
                format!("host {host} now serves {domain} in {region} by {}; {here}", news.label()),
            );
        }
        for gone in before.unwrap_or_default().iter().filter(|served| served.counterpart(now).is_none()) {
            let (domain, region) = (&gone.domain, &gone.region);
            self.told(gone, format!("host {host} serves {domain} in {region} no longer"));
        }
    }

    fn told(&self, served: &Served, message: String) {
        tracing::info!(domain = %served.domain, region = %served.region, "{message}");
        self.runtime.events.tell(EventKind::Announced, served.about(), message);
    }
}
