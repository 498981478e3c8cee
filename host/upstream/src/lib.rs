//! How a call reaches a backend: a plugin names an upstream and a path, and the host owns the rest.
//!
//! - `openstack` (configured in `openstack_config`), `s3`, `http`: the kinds, one file each
//! - `backend`: a backend with one address, for the last two
//! - `keystone`: the login at a cloud
//! - `token`: what a login brings, and how long it is good
//! - `session`: which calls share a login, and who waits for one
//! - `catalogue`: the address of each of a cloud's services
//! - `discovery`: which version a service has where its address does not say it
//! - `encoding`: answers that come packed
//! - `sigv4`: the signature of a request to an object gateway
//! - `skew`: a gateway whose clock is another
//! - `message`: what a plugin may send, and what it gets back
//! - `address`: that no path leads out of its base
//! - `tls`: whom the host trusts there, and what it shows
//! - `client`: the HTTP client with its connections
//! - `transport`: how all kinds ask with it, within which bounds
//! - `retry`: which requests may be repeated, and when
//! - `breaker`: addresses that cannot be reached
//! - `failure_detector`: addresses that answer nobody
//! - `failure`: why there was no answer
//!
//! May use: libraries for HTTP, TLS and signatures, and the metrics. Must never live here: which upstream a plugin may use, for
//! its route decides that, and what a status means, for the plugin knows that.

mod address;
mod backend;
mod breaker;
mod catalogue;
mod client;
mod discovery;
mod encoding;
mod failure;
mod failure_detector;
mod http;
mod keystone;
mod message;
mod openstack;
mod openstack_config;
mod retry;
mod s3;
mod session;
mod sigv4;
mod skew;
mod tls;
mod token;
mod transport;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use futures::future::BoxFuture;
use patchbay_core::Digest;
use patchbay_core::certificate::Dates;
use patchbay_core::error::Error;
use patchbay_telemetry::Metrics;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use tokio::time::Instant;

pub use self::failure::failure_word;
pub use self::http::Config as HttpConfig;
pub use self::message::{Request, Response};
pub use self::openstack_config::Config as OpenstackConfig;
pub use self::s3::Config as S3Config;
pub use self::transport::Config as TransportConfig;

/// One `[upstream.NAME]` table; `kind` says which.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Config {
    /// An OpenStack cloud's region, reached through Keystone and its catalogue.
    Openstack(OpenstackConfig),
    /// An object gateway, as Ceph's, its requests signed as S3 wants it.
    S3(S3Config),
    /// Any REST backend below one address.
    Http(HttpConfig),
}

impl Config {
    /// Reads the files of its TLS and looks at all that is in them, dates included; `name` is the upstream's.
    ///
    /// # Errors
    /// A file cannot be read, a certificate is for something else than a client, or is not good now.
    pub fn check_certificates(&self, name: &str) -> anyhow::Result<()> {
        self.transport().files().check().with_context(|| format!("upstream.{name}"))
    }

    /// The bounds of its HTTP, which each kind has.
    fn transport(&self) -> &TransportConfig {
        match self {
            Self::Openstack(config) => &config.transport,
            Self::S3(config) => &config.transport,
            Self::Http(config) => &config.transport,
        }
    }
}

/// The tenant's own user in the cloud, as the host keeps it.
pub trait Account: Send + Sync {
    /// The tenant's id; sessions are apart by it.
    fn key(&self) -> &str;
    /// The Keystone user's id.
    fn user_id(&self) -> &str;
    /// The Keystone project's id, the scope of the login.
    fn project_id(&self) -> &str;
    /// Unseals the password; asked for at a login only.
    ///
    /// # Errors
    /// When it cannot be unsealed.
    fn password(&self) -> Result<SecretString, Error>;
}

/// On whose behalf, and until when.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// `req-` and a UUID; the backend is told it.
    pub request_id: &'a str,
    /// The tenant's user, where the call has a tenant.
    pub account: Option<&'a dyn Account>,
    /// When the call ends, answered or not.
    pub deadline: Instant,
}

/// The configured upstreams by name.
#[derive(Default)]
pub struct Upstreams(BTreeMap<String, Made>);

/// An upstream for those who keep it: the one that serves under its name, whatever it is made of anew.
#[derive(Clone)]
pub struct Followed(Arc<ArcSwap<Upstream>>);

impl Followed {
    /// The one that serves now.
    #[must_use]
    pub fn now(&self) -> Arc<Upstream> {
        self.0.load_full()
    }
}

/// One of them, and what it was made of.
struct Made {
    config: Config,
    /// What its certificates' files held.
    files: Digest,
    upstream: Arc<Upstream>,
    /// What serves under its name.
    serving: Followed,
}

impl Upstreams {
    /// Makes a client for each; connects to nothing yet.
    ///
    /// # Errors
    /// A bad address, an unreadable CA file or secret, or a bound that cannot be; the upstream is named.
    pub fn new(configs: &BTreeMap<String, Config>, metrics: &Arc<Metrics>) -> anyhow::Result<Self> {
        Self::default().renewed(configs, metrics)
    }

    /// These upstreams under another configuration: those that are new, configured otherwise or have other certificates are
    /// made, the others stay with their sessions and pools.
    ///
    /// # Errors
    /// As [`Upstreams::new`].
    pub fn renewed(
        &self,
        configs: &BTreeMap<String, Config>,
        metrics: &Arc<Metrics>,
    ) -> anyhow::Result<Self> {
        let one = |(name, config): (&String, &Config)| {
            let files = config.transport().files().digest();
            let before = self.0.get(name);
            let kept = before.filter(|before| before.config == *config && before.files == files);
            let upstream = match kept {
                Some(before) => Arc::clone(&before.upstream),
                None => Arc::new(
                    Upstream::new(name, config, metrics).with_context(|| format!("upstream.{name}"))?,
                ),
            };
            let new = || Followed(Arc::new(ArcSwap::new(Arc::clone(&upstream))));
            let serving = before.map_or_else(new, |before| before.serving.clone());
            Ok((name.clone(), Made { config: config.clone(), files, upstream, serving }))
        };
        configs.iter().map(one).collect::<anyhow::Result<_>>().map(Self)
    }

    /// From now on these serve, also where an upstream is followed.
    pub fn serve(&self) {
        for made in self.0.values() {
            made.serving.0.store(Arc::clone(&made.upstream));
        }
    }

    /// Looks at the certificates that are others than in `before`.
    ///
    /// # Errors
    /// As [`Config::check_certificates`].
    pub fn check_certificates_since(&self, before: &Self) -> anyhow::Result<()> {
        let is_same =
            |name: &String, now: &Made| before.0.get(name).is_some_and(|made| made.files == now.files);
        let mut others = self.0.iter().filter(|(name, now)| !is_same(name, now));
        others.try_for_each(|(name, now)| now.config.check_certificates(name))
    }

    /// The names of those that were not in `before`, or were others there.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> BTreeSet<String> {
        let is_same = |name: &String, now: &Arc<Upstream>| {
            before.get(name).is_some_and(|upstream| Arc::ptr_eq(upstream, now))
        };
        self.0
            .iter()
            .filter(|(name, now)| !is_same(name, &now.upstream))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// What the certificates' files hold now, where that is not what these upstreams were made with.
    #[must_use]
    pub fn changed_files(&self) -> Option<Digest> {
        let now: Vec<_> = self.0.values().map(|made| made.config.transport().files().digest()).collect();
        let changed = self.0.values().zip(&now).any(|(made, now)| made.files != *now);
        let all = || now.iter().map(Digest::as_str).collect::<String>();
        changed.then(|| Digest::of(all().as_bytes()))
    }

    /// The upstream of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Upstream>> {
        self.0.get(name).map(|made| &made.upstream)
    }

    /// The same for one who keeps it.
    #[must_use]
    pub fn follow(&self, name: &str) -> Option<Followed> {
        self.0.get(name).map(|made| made.serving.clone())
    }
}

/// One backend, with everything that is needed to reach it.
pub struct Upstream {
    kind: Kind,
}

enum Kind {
    Openstack(Box<openstack::Openstack>),
    S3(Box<s3::S3>),
    Http(Box<http::Http>),
}

impl Upstream {
    fn new(name: &str, config: &Config, metrics: &Arc<Metrics>) -> anyhow::Result<Self> {
        for (file, dates) in config.transport().files().dates()? {
            if let Some(end) = dates.iter().map(Dates::end).min() {
                metrics.upstream_certificate_end(name, file, end);
            }
        }
        let kind = match config {
            Config::Openstack(config) => {
                Kind::Openstack(Box::new(openstack::Openstack::new(name, config, metrics)?))
            }
            Config::S3(config) => Kind::S3(Box::new(s3::S3::new(name, config, metrics)?)),
            Config::Http(config) => Kind::Http(Box::new(http::Http::new(name, config, metrics)?)),
        };
        Ok(Self { kind })
    }

    /// Sends the request and returns whatever status the backend answers. Repeats it where that is safe, within
    /// the caller's deadline and the upstream's own time limit.
    ///
    /// # Errors
    /// `Invalid`: a header, path or method that a plugin may not use. `Timeout`: no answer in time. `Unavailable`:
    /// no connection, a broken one, or the circuit is open. `Denied`: the tenant's login is refused.
    /// `Unsupported`: the cloud's catalogue has no such service. `Internal`: an answer over the limit, an
    /// admin credential that is refused, or a tenant's upstream used without a tenant.
    pub fn send<'a>(
        &'a self,
        caller: &'a Caller<'_>,
        request: Request,
    ) -> BoxFuture<'a, Result<Response, Error>> {
        match &self.kind {
            Kind::Openstack(openstack) => Box::pin(openstack.send(caller, request)),
            Kind::S3(s3) => Box::pin(s3.send(caller, request)),
            Kind::Http(http) => Box::pin(http.send(caller, request)),
        }
    }
}
