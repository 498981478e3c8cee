//! What goes into a deployment before its host starts: the cloud, the files, and the configuration with a
//! test's changes. How the usual configuration looks is in `configuration`.

use std::path::Path;
use std::{env, fs};

use cloudsim::{ARRAY_PASSWORD, Options, Timing};
use toml::Table;
use uuid::Uuid;

use crate::pki::put;
use crate::{Cloud, Deployment, component, configuration};

/// 32 bytes of zeros.
const MASTER_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Short limits, so that a lost answer takes little; no circuit opens, so that each fault is seen itself.
const QUICK: &str = r#"
operation = { poll_ms_min = 20, poll_ms_max = 100, settle_ms = 300 }
upstream.cloud.transport = { timeout_ms = 1500, breaker_failures = 1000000 }
upstream.ceph-1.transport = { timeout_ms = 1500, breaker_failures = 1000000 }
upstream.ceph-2.transport = { timeout_ms = 1500, breaker_failures = 1000000 }
"#;

/// For how long a look's contradiction is no proof there: several polls, also where the machine is busy with something else.
const STALE_MS: &str = "1500";

/// A change of the configuration.
type Edit = Box<dyn FnOnce(&mut Table) + Send>;

/// What a deployment differs in from the usual one.
#[derive(Default)]
pub struct Builder {
    edits: Vec<Edit>,
    cloud: Options,
    shared: Option<Cloud>,
}

impl Builder {
    /// Changes the configuration.
    #[must_use]
    pub fn config(mut self, edit: impl FnOnce(&mut Table) + Send + 'static) -> Self {
        self.edits.push(Box::new(edit));
        self
    }

    /// Adds TOML to the configuration; a table that is there keeps the keys that `text` does not name.
    #[must_use]
    pub fn toml(self, text: &str) -> Self {
        let more: Table = text.parse().expect("TOML");
        self.config(move |config| merge(config, more))
    }

    /// How the simulated cloud begins.
    #[must_use]
    pub fn cloud(mut self, options: Options) -> Self {
        self.cloud = options;
        self
    }

    /// On a cloud that others use.
    #[must_use]
    pub fn on(mut self, cloud: Cloud) -> Self {
        self.shared = Some(cloud);
        self
    }

    /// A simulated cloud that does everything at once.
    #[must_use]
    pub fn at_once(mut self) -> Self {
        self.cloud.timing = Timing::instant();
        self
    }

    /// A host that soon gives up waiting for the cloud, for tests with many faults.
    #[must_use]
    pub fn quick(self) -> Self {
        self.toml(QUICK).config(doubt_little)
    }

    /// Another database than a SQLite file in the deployment's directory.
    #[must_use]
    pub fn database(self, url: &str) -> Self {
        self.toml(&format!("database.url = {url:?}"))
    }

    /// Whom to ask for permission.
    #[must_use]
    pub fn http_permission(self, base_url: &str) -> Self {
        self.toml(&format!(
            "auth.permission.upstream = \"permission\"\n\
             upstream.permission = {{ kind = \"http\", base_url = {base_url:?} }}"
        ))
    }

    /// Makes everything and starts the host.
    ///
    /// # Panics
    /// If any part of it fails.
    pub async fn start(self) -> Deployment {
        if env::var_os("RUST_LOG").is_some() {
            // An error says that another test of this process has started it.
            let _ = patchbay_telemetry::log::init(&patchbay_telemetry::log::Config::default());
        }
        let cloud = match self.shared {
            Some(cloud) => cloud,
            None => Cloud::open(self.cloud).await,
        };
        let directory = tempfile::Builder::new().prefix("patchbay-").tempdir().expect("a directory");
        let owner = format!("test-{}", Uuid::new_v4().simple());
        let operator_token = Uuid::new_v4().to_string();
        let plugins = component::plugins();
        let cache = plugins.with_file_name("aot");
        let mut table = configuration::table(&cloud, directory.path(), &cache, &owner);
        self.edits.into_iter().for_each(|edit| edit(&mut table));
        let [one, two] = &cloud.gateways;
        for (name, text) in [
            ("master.key", MASTER_KEY),
            ("operator.token", &operator_token),
            ("cloud.password", &cloud.password),
            ("array.password", ARRAY_PASSWORD),
            ("ceph-1.access_key", &one.access_key),
            ("ceph-1.secret_key", &one.secret_key),
            ("ceph-2.access_key", &two.access_key),
            ("ceph-2.secret_key", &two.secret_key),
            ("patchbay.toml", &configuration::text(&table)),
        ] {
            put(&directory.path().join(name), text);
        }
        copy(&plugins, &directory.path().join("plugins"));
        Deployment::of(directory, cloud, owner, operator_token).await
    }
}

/// What a look shows may be old, but not for long.
fn doubt_little(config: &mut Table) {
    for domain in ["compute", "storage", "network", "nas"] {
        let route = configuration::routed(config, domain).as_table_mut().expect("a route");
        let settings = route.entry("settings").or_insert_with(|| Table::new().into());
        settings.as_table_mut().expect("settings").insert("stale_ms".to_owned(), STALE_MS.into());
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a new directory");
    let files = fs::read_dir(from).expect("built plugins: cargo xtask plugins");
    for file in files.map(|file| file.expect("a file").path()).filter(|file| file.is_file()) {
        fs::copy(&file, to.join(file.file_name().expect("a name"))).expect("a copy");
    }
}

fn merge(into: &mut Table, more: Table) {
    for (key, value) in more {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(there)), toml::Value::Table(more)) => merge(there, more),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}
