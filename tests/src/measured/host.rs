//! The host under test: `patchbay serve` as a deployment runs it, on free ports and with a configuration of its own.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::configuration;
use anyhow::{Context as _, Result};
use cloudsim::{ADMIN_PASSWORD, REGION};
use serde::Deserialize;
use tokio::process::Command;
use toml::Table;

use super::process::{Process, Says};

/// The operator's bearer token.
pub const OPERATOR_TOKEN: &str = "the-operators-token-while-it-is-measured";
/// 32 bytes in base64; it protects what ends with the measurement.
const MASTER_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// What the host is started with, each time.
pub struct Settings {
    /// `patchbay`.
    pub binary: PathBuf,
    /// The plugin directory.
    pub plugins: PathBuf,
    /// Its database and its compiled plugins.
    pub directory: PathBuf,
    /// Keystone's address.
    pub auth_url: String,
    /// What the compute plugin is lent beside OpenStack.
    pub lent: Table,
    /// Whose call an instance may serve that has served one before: `plugin.instances.reuse`.
    pub reuse: String,
}

/// A host that serves.
pub struct Host {
    /// To be asked what it uses.
    pub process: Process,
    /// Of its gRPC server, as a URL.
    pub address: String,
    /// From starting the process until it serves, all plugins admitted.
    pub started_in: Duration,
}

/// The line in which the host says that it serves.
#[derive(Deserialize)]
struct Serving {
    grpc: String,
}

impl Host {
    /// Starts it; what it logs once it serves goes to `heard`.
    ///
    /// # Errors
    /// If it does not serve.
    pub async fn start(settings: &Settings, heard: impl FnMut(&str) + Send + 'static) -> Result<Self> {
        let file = settings.directory.join("patchbay.toml");
        std::fs::write(&file, settings.configuration()?).context("the host's configuration")?;
        let mut command = Command::new(&settings.binary);
        command.args(["serve", "--config"]).arg(&file);
        command.env("PATCHBAY_MASTER_KEY", MASTER_KEY);
        command.env("PATCHBAY_OPERATOR_TOKEN", OPERATOR_TOKEN).env("OS_PASSWORD", ADMIN_PASSWORD);
        let began = Instant::now();
        let ready = |line: &str| serde_json::from_str::<Serving>(line).ok();
        let (process, serving) = Process::start("the host", &mut command, Says::Stderr, ready, heard).await?;
        let address = format!("http://{}", serving.grpc);
        Ok(Self { process, address, started_in: began.elapsed() })
    }

    /// Ends it as a deployment does.
    ///
    /// # Errors
    /// If it ended with an error.
    pub async fn stop(self) -> Result<()> {
        self.process.stop().await
    }
}

impl Settings {
    /// Where it keeps tenants and operations.
    #[must_use]
    pub fn database(&self) -> String {
        format!("sqlite:{}/patchbay.db", self.directory.display())
    }

    /// Compute gets no administrator: the hypervisor's name, which only he sees, is no part of the comparison.
    fn configuration(&self) -> Result<String> {
        let (directory, plugins) = (self.directory.display(), self.plugins.display());
        let (database, reuse, rate) = (self.database(), &self.reuse, configuration::NO_RATE);
        let text = format!(
            r#"
grpc.listen = "127.0.0.1:0"
http.listen = "127.0.0.1:0"
log.format = "json"
database.url = "{database}"
plugin = {{ directory = "{plugins}", cache_directory = "{directory}/compiled", instances.reuse = "{reuse}" }}
{rate}

[auth]
master_key = {{ env = "PATCHBAY_MASTER_KEY" }}
operator_token = {{ env = "PATCHBAY_OPERATOR_TOKEN" }}
"#
        );
        let mut table: Table = text.parse()?;
        table.extend(configuration::openstack(&self.auth_url, REGION, "admin", "admin"));
        let mut lent = self.lent.clone();
        lent.insert("openstack".to_owned(), "cloud".into());
        configuration::routed(&mut table, "compute")["upstreams"] = lent.into();
        Ok(configuration::text(&table))
    }
}
