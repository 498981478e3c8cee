//! A whole deployment of a test's own: a cloud, a directory with plugins, keys and a database, and a host in
//! this process on free ports. How one differs from another is in `builder`.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use cloudsim::Control;
use patchbay_database as database;
use patchbay_operations::Operations;
use patchbay_proto::tenant::CreateTenantReq;
use patchbay_proto::tenant::tenant_service_client::TenantServiceClient;
use patchbay_server::{Config, Host};
use tempfile::TempDir;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};

use crate::admin::Admin;
use crate::array::Array;
pub use crate::builder::Builder;
use crate::gateway::Gateway;
use crate::process::HostProcess;
use crate::{Cloud, Tenant, cloud, removal};

/// A running deployment. Dropped, it leaves nothing in the cloud.
pub struct Deployment {
    directory: TempDir,
    cloud: Cloud,
    owner: String,
    operator_token: String,
    host: Option<Host>,
    /// Where calls go instead.
    elsewhere: RwLock<Option<String>>,
}

impl Deployment {
    /// One of these parts; `directory` holds the files that the configuration names.
    pub(crate) async fn of(directory: TempDir, cloud: Cloud, owner: String, operator_token: String) -> Self {
        let mut deployment =
            Self { directory, cloud, owner, operator_token, host: None, elsewhere: RwLock::default() };
        deployment.restart().await;
        deployment
    }

    /// The usual one.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// One more installation on the same cloud, with files and a database of its own.
    pub async fn beside(&self) -> Self {
        Self::builder().on(self.cloud.shared()).start().await
    }

    /// One that differs.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn host(&self) -> &Host {
        self.host.as_ref().expect("the host was stopped")
    }

    /// `http://127.0.0.1:PORT` with the API.
    #[must_use]
    pub fn endpoint(&self) -> String {
        let elsewhere = self.elsewhere.read().unwrap_or_else(PoisonError::into_inner).clone();
        elsewhere.unwrap_or_else(|| format!("http://{}", self.host().grpc()))
    }

    /// Lets calls go to a host in a process of its own from now on.
    pub fn lead_to(&self, host: &HostProcess) {
        *self.elsewhere.write().unwrap_or_else(PoisonError::into_inner) = Some(host.endpoint().to_owned());
    }

    /// A connection to the host; it is made with the first call.
    #[must_use]
    pub fn grpc(&self) -> Channel {
        Endpoint::from_shared(self.endpoint()).expect("an address").connect_lazy()
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

    /// An object gateway: 0 is that of the region, 1 that of the second one.
    #[must_use]
    pub fn gateway(&self, number: usize) -> Gateway {
        Gateway::of(&self.cloud.gateways[number])
    }

    /// The storage array of the second region.
    #[must_use]
    pub fn array(&self) -> Array {
        Array::at(&self.cloud.array)
    }

    /// What changes the simulated storage array and looks into it, on either cloud.
    #[must_use]
    pub fn array_control(&self) -> &Control {
        self.cloud.array_control()
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
    /// If it is refused.
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
    /// If it ended with an error.
    pub async fn stop(&mut self) {
        if let Some(host) = self.host.take() {
            host.stop().await.expect("the host ends well");
        }
    }

    /// Ends the host, and starts one on the same state; its ports are new.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.host = Some(Host::start(self.config()).await.expect("the host starts"));
    }

    /// The host's database, opened beside it.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub async fn database(&self) -> database::Pool {
        database::open(&self.config().database).await.expect("a database")
    }

    /// The operations of its host.
    pub async fn operations(&self) -> Operations {
        Operations::new(self.database().await)
    }

    fn config(&self) -> Config {
        Config::read(&self.config_file()).expect("a configuration")
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
