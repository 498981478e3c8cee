//! The configuration file: one table a module, owned by that module. Checked whole before anything starts; an
//! unknown key is an error. Secrets are never in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;

use crate::{
    auth, database, grpc, idempotency, journal, membership, operation, plugin, telemetry, tenant, upstream,
};

/// All of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The gRPC server.
    #[serde(default)]
    pub grpc: grpc::Config,
    /// The HTTP port with `/healthz` and `/metrics`.
    #[serde(default)]
    pub http: telemetry::http::Config,
    /// How logs look.
    #[serde(default)]
    pub log: telemetry::log::Config,
    /// Where tenants and operations are kept.
    pub database: database::Config,
    /// Who may call.
    pub auth: auth::Config,
    /// How tenants are remembered.
    #[serde(default)]
    pub tenant: tenant::Config,
    /// How the hosts of one database know of each other.
    #[serde(default)]
    pub membership: membership::Config,
    /// How long requests are recognised that are sent again.
    #[serde(default)]
    pub idempotency: idempotency::Config,
    /// How operations are carried on.
    #[serde(default)]
    pub operation: operation::Config,
    /// How much is kept of what plugins changed in the backends.
    #[serde(default)]
    pub journal: journal::Config,
    /// Bounds of plugins, and where they are.
    #[serde(default)]
    pub plugin: plugin::Config,
    /// The backends, by name.
    #[serde(default)]
    pub upstream: BTreeMap<String, upstream::Config>,
    /// Who answers which domain.
    #[serde(default, rename = "route")]
    pub routes: Vec<plugin::Route>,
    /// How long calls in flight may go on after SIGTERM, in milliseconds.
    #[serde(default = "shutdown_ms_max")]
    pub shutdown_ms_max: u64,
    /// Where all this comes from.
    #[serde(skip)]
    pub source: Source,
}

/// Where a configuration comes from, so that a change of it is seen.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The file; absent where it is none.
    pub(crate) file: Option<PathBuf>,
    pub(crate) text: String,
    pub(crate) table: toml::Table,
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
        config.source.file = Some(path.to_owned());
        Ok(config)
    }

    /// The same from text.
    ///
    /// # Errors
    /// See [`Config::read`].
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut config: Self = toml::from_str(text)?;
        config.source = Source { file: None, text: text.to_owned(), table: text.parse()? };
        config.check()?;
        Ok(config)
    }

    /// What no single table can see.
    fn check(&self) -> anyhow::Result<()> {
        let upstreams = self.upstream.keys().map(String::as_str).collect();
        plugin::check(&self.routes, &upstreams)?;
        self.plugin.check()?;
        self.database.check()?;
        self.journal.check()?;
        self.membership.check()?;
        self.operation.check()?;
        let kept = self.idempotency.kept_ms;
        anyhow::ensure!(
            kept <= self.operation.kept_ms,
            "idempotency.kept_ms must be at most operation.kept_ms: an answer is told by its operation"
        );
        Ok(())
    }
}
