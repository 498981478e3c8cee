//! Where it happens: a simulated cloud, a database, and a host in a process of its own that is killed and started again, and
//! whose plugins are swapped.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cloudsim::{Options, Timing};
use patchbay_tests::component::{install, stamped};
use patchbay_tests::process::HostProcess;
use patchbay_tests::{Deployment, Scene, wait_for};
use serde_json::Value;

/// Linear memory of one call: enough for every answer but one that is padded by as much.
pub(crate) const MEMORY_BYTES_MAX: usize = 4 << 20;
/// How long a swap may take until all plugins serve: the first time they are compiled.
const SWAP_MAX: Duration = Duration::from_secs(120);
/// What of the log is needed.
const LOG_FILTER: &str = "info";
/// How the log tells of a call that a plugin did not survive.
const NOT_SURVIVED: &str = "the plugin did not survive the call";
/// The record of the cloud: as much as the changes take that are made to count their calls.
const REQUESTS_MAX: usize = 50_000;
/// The upstreams of the usual configuration.
const UPSTREAMS: [&str; 5] = ["cloud", "cloud-admin", "ceph-1", "ceph-2", "array"];

/// How long the host waits for a backend.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Patience {
    /// So short that many answers may be late.
    Short,
    /// So long that answers can be held back until something else happens.
    Long,
}

impl Patience {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Long => "long",
        }
    }

    pub(crate) fn ms(self) -> u64 {
        match self {
            Self::Short => 2_000,
            Self::Long => 60_000,
        }
    }
}

/// One of the scene's tenants and the deployment that all share.
pub(crate) type Stage = Scene<Arc<Deployment>>;

/// A deployment whose host is killed and started again.
pub(crate) struct Site {
    /// Tenants begin beside its own.
    pub(crate) stage: Arc<Stage>,
    /// The one that is asked; none only while it is replaced.
    host: Option<HostProcess>,
    /// Of two, the one that nobody asks.
    other: Option<HostProcess>,
    plugins: Vec<(String, Vec<u8>)>,
    /// How many routes are served, each by a generation of its own.
    routes: usize,
    swaps: usize,
}

impl Site {
    /// On this database, or a SQLite file.
    pub(crate) async fn start(database: Option<String>, patience: Patience) -> Self {
        let options = Options { timing: Timing::instant(), requests_max: REQUESTS_MAX, ..Options::default() };
        let mut builder = Deployment::builder().cloud(options).toml(&configuration(patience));
        if let Some(url) = database {
            builder = builder.database(&url);
        }
        let mut deployment = builder.start().await;
        deployment.stop().await;
        let host = HostProcess::beside(&deployment, LOG_FILTER).await;
        deployment.lead_to(&host);
        let plugins = components(&deployment.plugins());
        let stage = Arc::new(Scene::of(Arc::new(deployment)).await);
        let routes = host.count(serves);
        Self { stage, host: Some(host), other: None, plugins, routes, swaps: 0 }
    }

    /// A second host on the same state, where there is none yet.
    pub(crate) async fn pair(&mut self) {
        if self.other.is_none() {
            self.other = Some(HostProcess::beside(&self.stage.deployment, LOG_FILTER).await);
        }
    }

    /// From now on what the cloud begins takes a while.
    pub(crate) fn take_time(&self) {
        self.stage.deployment.cloudsim().set_timing(Timing::default());
    }

    /// SIGKILL, and the next host on the same state.
    pub(crate) async fn kill(&mut self) {
        if let Some(host) = self.host.take() {
            host.kill().await;
        }
        let next = HostProcess::beside(&self.stage.deployment, LOG_FILTER).await;
        self.stage.deployment.lead_to(&next);
        self.host = Some(next);
    }

    /// SIGKILL for the one of two that is asked; the other one is asked from now on, and a new one stands beside it.
    pub(crate) async fn fail_over(&mut self) {
        let Some(other) = self.other.take() else { return self.kill().await };
        self.stage.deployment.lead_to(&other);
        if let Some(dead) = self.host.replace(other) {
            dead.kill().await;
        }
        self.pair().await;
    }

    /// Another build of every plugin takes its place; when all serve.
    pub(crate) async fn swap(&mut self) {
        let served = self.count(serves);
        self.swaps += 1;
        let stamp = format!("crash-{}", self.swaps % 2);
        for (name, component) in &self.plugins {
            install(&stamped(component, &stamp), &self.stage.deployment.plugins(), name);
        }
        wait_for("the other builds to serve", SWAP_MAX, async || {
            (self.count(serves) >= served + self.routes).then_some(())
        })
        .await;
    }

    /// Whether the host's log tells that a plugin did not survive a call on behalf of this request, for this reason.
    pub(crate) fn has_not_survived(&self, request_id: &str, reason: &str) -> bool {
        let tells = |line: &Value| line["message"] == NOT_SURVIVED && line["reason"] == reason;
        self.count(|line| line["request_id"] == request_id && tells(line)) > 0
    }

    /// Lines of the log of the host that is asked.
    fn count(&self, fits: impl Fn(&Value) -> bool) -> usize {
        self.host.as_ref().map_or(0, |host| host.count(fits))
    }
}

fn serves(line: &Value) -> bool {
    line["message"] == "serves"
}

/// The components of a plugin directory, by their names.
fn components(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(directory).expect("plugins").map(|file| file.expect("a file").path());
    let components = files.filter(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    components
        .map(|path| {
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
            (name.to_owned(), std::fs::read(&path).expect("a component"))
        })
        .collect()
}

/// Short bounds, so that a point takes little; no circuit opens, so that each fault is seen itself.
fn configuration(patience: Patience) -> String {
    let transport = format!("{{ timeout_ms = {}, breaker_failures = 1000000 }}", patience.ms());
    let upstreams = UPSTREAMS.map(|name| format!("upstream.{name}.transport = {transport}\n")).concat();
    format!(
        "membership = {{ beat_ms = 200, lease_ms = 2000 }}\n\
         plugin = {{ memory_bytes_max = {MEMORY_BYTES_MAX}, drain_timeout_ms = 200 }}\n\
         operation = {{ poll_ms_min = 20, poll_ms_max = 100, settle_ms = 300 }}\n\
         tenant.registration_ms = 10000\n\
         upstream.cloud.login_backoff_ms = 100\n\
         upstream.cloud-admin.login_backoff_ms = 100\n{upstreams}"
    )
}
