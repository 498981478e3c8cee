//! The configuration file: one table a module, owned by that module. Checked whole before anything starts; an
//! unknown key is an error. Secrets are never in it. What each key means is the doc comment of its field, from which
//! `reference` makes docs/configuration.md.

pub mod reference;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use patchbay_database as database;
use patchbay_durable::{audit, idempotency, journal, membership};
use patchbay_operations as operation;
use patchbay_rollout::{self as rollout, Reloaded, Route, Source};
use patchbay_runtime as plugin;
use patchbay_telemetry::log;
use patchbay_tenants as tenant;
use patchbay_tenants::auth::{self, Operators};
use patchbay_upstream as upstream;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{grpc, http};

/// Patchbay's configuration file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Patchbay")]
pub struct Config {
    /// The platform's API.
    #[serde(default)]
    pub grpc: grpc::Config,
    /// The operator's port, with `/healthz` and `/metrics`.
    #[serde(default)]
    pub http: http::Config,
    /// How the log looks. Which lines there are is chosen with `RUST_LOG`.
    #[serde(default)]
    pub log: log::Config,
    /// Where tenants, operations, idempotency keys and the journal are kept.
    pub database: database::Config,
    /// Who may call: the secrets of the deployment itself.
    pub auth: auth::Config,
    /// How tenants are kept at hand and registered.
    #[serde(default)]
    pub tenant: tenant::Config,
    /// How the hosts of one database know of each other. A SQLite file has one host, which owes nobody a sign of life.
    #[serde(default)]
    pub membership: membership::Config,
    /// How long requests are recognised that are sent again.
    #[serde(default)]
    pub idempotency: idempotency::Config,
    /// How work that goes on after its call is carried on, followed and kept.
    #[serde(default)]
    pub operation: operation::Config,
    /// How much is kept of what plugins changed in the backends.
    #[serde(default)]
    pub journal: journal::Config,
    /// How much is kept of who changed what, and for how long.
    #[serde(default)]
    pub audit: audit::Config,
    /// Where plugins are, and what they may use.
    #[serde(default)]
    pub plugin: plugin::Config,
    /// The backends, each under a name of its own.
    #[serde(default)]
    pub upstream: BTreeMap<String, upstream::Config>,
    /// Who answers which domain in which region; a domain's first region is its default.
    #[serde(default, rename = "route")]
    pub routes: Vec<Route>,
    /// How long calls in flight may go on after SIGTERM; what has no request in it is closed at once.
    #[serde(default = "shutdown_ms_max")]
    pub shutdown_ms_max: u64,
    /// Where all this comes from, where that is a text.
    #[serde(skip)]
    pub source: Option<Source>,
}

fn shutdown_ms_max() -> u64 {
    30_000
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// It cannot be read, is not TOML, has an unknown or missing key, or does not hold together.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut config = Self::parse(&text).with_context(|| path.display().to_string())?;
        config.source = config.source.map(|source| Source { file: Some(path.to_owned()), ..source });
        Ok(config)
    }

    /// The same from text.
    ///
    /// # Errors
    /// See [`Config::read`].
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut config: Self = toml::from_str(text)?;
        config.source =
            Some(Source { file: None, text: text.to_owned(), table: text.parse()?, parse: reloaded });
        config.check()?;
        Ok(config)
    }

    /// Looks at the files that are read anew while the host runs, as `patchbay check-config` does: the operators', and those of
    /// the ports' and the upstreams' TLS.
    ///
    /// # Errors
    /// A file cannot be read, operators do not hold together, a key is another certificate's, a chain does not hold together,
    /// a certificate is not good now.
    pub fn check_files(&self) -> anyhow::Result<()> {
        Operators::open(self.auth.operators_file.clone())?;
        let ports = [("grpc", &self.grpc.tls), ("http", &self.http.tls)];
        let mut configured = ports.into_iter().filter_map(|(owner, tls)| Some((owner, tls.as_ref()?)));
        configured.try_for_each(|(owner, tls)| tls.try_files(owner))?;
        self.upstream.iter().try_for_each(|(name, upstream)| upstream.check_certificates(name))
    }

    /// What no single table can see.
    fn check(&self) -> anyhow::Result<()> {
        let upstreams = self.upstream.keys().map(String::as_str).collect();
        rollout::check(&self.routes, &upstreams)?;
        self.grpc.check()?;
        self.auth.check()?;
        self.http.check()?;
        self.plugin.check()?;
        self.database.check()?;
        self.journal.check()?;
        self.audit.check()?;
        self.tenant.check()?;
        self.membership.check()?;
        self.operation.check()?;
        tenant::Limits::new(&self.tenant)?;
        let kept = self.idempotency.kept_ms;
        anyhow::ensure!(
            kept <= self.operation.kept_ms,
            "idempotency.kept_ms must be at most operation.kept_ms: an answer is told by its operation"
        );
        Ok(())
    }
}

/// What of a later text may change while the host runs.
fn reloaded(text: &str) -> anyhow::Result<Reloaded> {
    let config = Config::parse(text)?;
    let (limits, table) = (config.plugin.limits(), text.parse()?);
    Ok(Reloaded { routes: config.routes, upstreams: config.upstream, limits, table })
}
