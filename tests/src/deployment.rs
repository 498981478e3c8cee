//! A whole deployment of a test's own: a cloud, a directory with plugins, keys and a database, and a host in
//! this process on free ports. How the configuration looks is in `configuration`.

use std::path::{Path, PathBuf};
use std::{env, fs};

use cloudsim::{Control, Options};
use patchbay::proto::tenant::CreateTenantReq;
use patchbay::proto::tenant::tenant_service_client::TenantServiceClient;
use patchbay::{Config, Host, database};
use tempfile::TempDir;
use toml::Table;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};
use uuid::Uuid;

use crate::admin::Admin;
use crate::{Cloud, Tenant, cloud, configuration, removal};

/// 32 bytes of zeros.
const MASTER_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// What a deployment differs in from the usual one.
#[derive(Default)]
pub struct Builder {
    edits: Vec<Box<dyn FnOnce(&mut Table) + Send>>,
    cloud: Options,
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
    /// Anything of it fails.
    pub async fn start(self) -> Deployment {
        if env::var_os("RUST_LOG").is_some() {
            // An error says that another test of this process has started it.
            let _ = patchbay::telemetry::log::init(&patchbay::telemetry::log::Config::default());
        }
        let cloud = Cloud::open(self.cloud).await;
        let directory = tempfile::Builder::new().prefix("patchbay-").tempdir().expect("a directory");
        let owner = format!("test-{}", Uuid::new_v4().simple());
        let operator_token = Uuid::new_v4().to_string();
        let plugins = built_plugins();
        let cache = plugins.with_file_name("aot");
        let mut table = configuration::table(&cloud, directory.path(), &cache, &owner);
        self.edits.into_iter().for_each(|edit| edit(&mut table));
        for (name, text) in [
            ("master.key", MASTER_KEY),
            ("operator.token", &operator_token),
            ("cloud.password", &cloud.password),
            ("patchbay.toml", &configuration::text(&table)),
        ] {
            fs::write(directory.path().join(name), text).expect(name);
        }
        copy(&plugins, &directory.path().join("plugins"));
        let mut deployment = Deployment { directory, cloud, owner, operator_token, host: None };
        deployment.number_tenants().await;
        deployment.restart().await;
        deployment
    }
}

/// A running deployment. Dropped, it leaves nothing in the cloud.
pub struct Deployment {
    directory: TempDir,
    cloud: Cloud,
    owner: String,
    operator_token: String,
    host: Option<Host>,
}

impl Deployment {
    /// The usual one.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// One that differs.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn host(&self) -> &Host {
        self.host.as_ref().expect("the host was stopped")
    }

    /// A connection to the host; it is made with the first call.
    #[must_use]
    pub fn grpc(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.host().grpc())).expect("an address");
        endpoint.connect_lazy()
    }

    /// `http://127.0.0.1:PORT` with `/healthz` and `/metrics`.
    #[must_use]
    pub fn http(&self) -> String {
        format!("http://{}", self.host().http())
    }

    /// Where its files are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The host's configuration file, for a host in a process of its own.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.directory().join("patchbay.toml")
    }

    /// The plugin directory, which is its own.
    #[must_use]
    pub fn plugins(&self) -> PathBuf {
        self.directory().join("plugins")
    }

    /// What changes the simulated cloud and looks into it; `None` on the real one.
    #[must_use]
    pub fn cloud(&self) -> Option<&Control> {
        self.cloud.control()
    }

    /// The same, in a test that began with [`crate::needs_cloudsim`].
    ///
    /// # Panics
    /// On the real cloud.
    #[must_use]
    pub fn cloudsim(&self) -> &Control {
        self.cloud().expect("the test began with needs_cloudsim!()")
    }

    /// Closes the simulated cloud's port.
    pub async fn stop_cloud(&mut self) {
        self.cloud.stop().await;
    }

    /// The cloud's administrator, logged in anew.
    pub async fn admin(&self) -> Admin {
        Admin::login(&self.cloud).await
    }

    /// The operator's credential.
    #[must_use]
    pub fn operator_token(&self) -> &str {
        &self.operator_token
    }

    /// The message with the operator's credential.
    #[must_use]
    pub fn operator<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", self.operator_token).parse().expect("ASCII");
        request.metadata_mut().insert("authorization", bearer);
        request
    }

    /// Registers a tenant.
    ///
    /// # Panics
    /// It is refused.
    pub async fn tenant(&self, name: &str) -> Tenant {
        let request = self.operator(CreateTenantReq { tenant_name: name.to_owned() });
        let answer = TenantServiceClient::new(self.grpc()).create_tenant(request).await;
        let answer = answer.expect("an answer").into_inner();
        assert_eq!(answer.code, 0, "CreateTenant: {}", answer.msg);
        Tenant { id: answer.tenant_id, apikey: answer.apikey }
    }

    /// Ends the host as SIGTERM does.
    ///
    /// # Panics
    /// It ended badly.
    pub async fn stop(&mut self) {
        if let Some(host) = self.host.take() {
            host.stop().await.expect("the host ends well");
        }
    }

    /// Ends the host, and starts one on the same state; its ports are new.
    ///
    /// # Panics
    /// It does not start.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.host = Some(Host::start(self.config()).await.expect("the host starts"));
    }

    fn config(&self) -> Config {
        Config::read(&self.config_file()).expect("a configuration")
    }

    /// Lets tenants' ids begin anywhere, for deployments that share a cloud; 0 would be the first one's.
    async fn number_tenants(&self) {
        let pool = database::open(&self.config().database).await.expect("a database");
        let first = i64::from(Uuid::new_v4().as_fields().0);
        sqlx::query("UPDATE tenant_counter SET value = $1")
            .bind(first)
            .execute(&pool)
            .await
            .expect("a counter");
        pool.close().await;
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        if !cloud::is_real() {
            return;
        }
        let (cloud, owner) = (&self.cloud, self.owner.as_str());
        // A thread of its own, because this one may be a runtime's.
        let removed = std::thread::scope(|scope| {
            let run =
                || tokio::runtime::Runtime::new().expect("a runtime").block_on(removal::remove(cloud, owner));
            scope.spawn(run).join()
        });
        if removed.is_err() {
            eprintln!("what {owner} made is still in the cloud");
        }
    }
}

/// `PATCHBAY_PLUGINS`, or `plugins` in the target directory that the test was built into.
fn built_plugins() -> PathBuf {
    env::var_os("PATCHBAY_PLUGINS").map_or_else(
        || {
            let test = env::current_exe().expect("a test's path");
            test.ancestors().nth(3).expect("target/debug/deps/TEST").join("plugins")
        },
        PathBuf::from,
    )
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
