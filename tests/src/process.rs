//! The `patchbay` binary in a process of its own, on a deployment's files: for what only shows from outside, as
//! signals, the log, the exit status and open files. What a deployment is, is in `deployment`.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{env, fs};

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tonic::transport::{Channel, Endpoint};

use crate::metrics::Metrics;
use crate::{Deployment, configuration, wait_for};

/// How long it may take to serve; the first start on a machine compiles the components.
const START_MAX: Duration = Duration::from_secs(120);
/// How long a line that is expected in the log may take.
const LINE_MAX: Duration = Duration::from_secs(30);
/// How long it may take to end.
const EXIT_MAX: Duration = Duration::from_secs(60);
/// Mounts a disk of `$2` bytes on `$1`, and becomes what follows.
const MOUNT: &str = r#"mount -t tmpfs -o "size=$2,mode=700" disk "$1" && shift 2 && exec "$@""#;
/// Everything of the host and the plugins, what is important of libraries.
pub const LOG_FILTER: &str = "info,patchbay=trace,plugin=trace";

/// A running host. Dropped, it is killed.
pub struct HostProcess {
    child: Child,
    log: Log,
    grpc: String,
    http: String,
}

/// Its lines, each as JSON, or as a text where it is none, as a panic's.
type Log = Arc<Mutex<Vec<Value>>>;

impl HostProcess {
    /// Ends the deployment's own host, because two would carry on the same operations, and starts one beside the
    /// test.
    ///
    /// # Panics
    /// If it does not serve.
    pub async fn start(deployment: &mut Deployment) -> Self {
        deployment.stop().await;
        Self::beside(deployment, LOG_FILTER).await
    }

    /// One more on the deployment's files, which logs what passes this filter.
    ///
    /// # Panics
    /// If it does not serve.
    pub async fn beside(deployment: &Deployment, log_filter: &str) -> Self {
        let text = fs::read_to_string(deployment.config_file()).expect("a configuration");
        Self::run(Command::new(binary()), deployment, &text, log_filter).await
    }

    /// One with a new database on a disk of so many bytes, which only it sees: a file system in memory, mounted in a
    /// namespace of its own. [`HostProcess::inside`] leads to it.
    ///
    /// # Panics
    /// If it does not serve, as where the system lets nobody but root make namespaces and this is another user.
    pub async fn on_disk(deployment: &Deployment, bytes: u64) -> Self {
        let disk = deployment.directory().join("disk");
        fs::create_dir_all(&disk).expect("a directory");
        let text = fs::read_to_string(deployment.config_file()).expect("a configuration");
        let text = text.replace("/patchbay.db", "/disk/patchbay.db");
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh"]);
        command.arg(disk).arg(bytes.to_string()).arg(binary());
        Self::run(command, deployment, &text, LOG_FILTER).await
    }

    async fn run(mut command: Command, deployment: &Deployment, text: &str, log_filter: &str) -> Self {
        let config = deployment.directory().join("process.toml");
        fs::write(&config, logging_json(text)).expect("process.toml");
        command.arg("serve").arg("--config").arg(config).env("RUST_LOG", log_filter);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("a process");
        let log = Log::default();
        tokio::spawn(collect(child.stderr.take().expect("piped"), Arc::clone(&log)));
        let mut host = Self { child, log, grpc: String::new(), http: String::new() };
        let serving = host.line_within(START_MAX, |line| line["message"] == "serving").await;
        let url = |key: &str| format!("http://{}", serving[key].as_str().expect("an address"));
        (host.grpc, host.http) = (url("grpc"), url("http"));
        host
    }

    /// `http://127.0.0.1:PORT` with the API.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.grpc
    }

    /// `http://127.0.0.1:PORT` with `/healthz` and `/metrics`.
    #[must_use]
    pub fn http(&self) -> &str {
        &self.http
    }

    /// Where this path leads the process.
    ///
    /// # Panics
    /// If it has ended.
    #[must_use]
    pub fn inside(&self, path: &Path) -> PathBuf {
        let root = format!("/proc/{}/root", self.child.id().expect("it runs"));
        Path::new(&root).join(path.strip_prefix("/").unwrap_or(path))
    }

    /// A connection to it; it is made with the first call.
    #[must_use]
    pub fn grpc(&self) -> Channel {
        Endpoint::from_shared(self.grpc.clone()).expect("an address").connect_lazy()
    }

    /// What `/metrics` shows now.
    pub async fn metrics(&self) -> Metrics {
        Metrics::read(&self.http).await
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> Vec<Value> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many of its lines fit so far.
    #[must_use]
    pub fn count(&self, fits: impl Fn(&Value) -> bool) -> usize {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().filter(|line| fits(line)).count()
    }

    /// The first line that fits, as soon as it is there.
    ///
    /// # Panics
    /// If none comes.
    pub async fn line(&self, fits: impl Fn(&Value) -> bool) -> Value {
        self.line_within(LINE_MAX, fits).await
    }

    async fn line_within(&self, bound: Duration, fits: impl Fn(&Value) -> bool) -> Value {
        wait_for("a line of the log", bound, async || self.log().into_iter().find(&fits)).await
    }

    /// How many files and sockets it has open.
    #[must_use]
    pub fn open_files(&self) -> usize {
        let id = self.child.id().expect("it runs");
        fs::read_dir(format!("/proc/{id}/fd")).expect("procfs").count()
    }

    /// Lets it have this many more files and sockets open than it has now.
    ///
    /// # Panics
    /// If it has ended.
    pub fn limit_files(&self, more: u64) {
        let id = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)).expect("it runs");
        let most = Some(self.open_files() as u64 + more);
        prlimit(Some(id), Resource::Nofile, Rlimit { current: most, maximum: most }).expect("a lower limit");
    }

    /// SIGKILL: it gets no chance to put anything in order.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it ran");
    }

    /// SIGTERM.
    pub async fn terminate(&self) {
        self.signal("TERM").await;
    }

    /// Another signal, as "STOP".
    ///
    /// # Panics
    /// If it has ended.
    pub async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let told = Command::new("kill").args(["-s", name, &id]).status().await;
        assert!(told.is_ok_and(|status| status.success()), "kill -s {name} {id}");
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it does not end.
    pub async fn exit(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(EXIT_MAX, self.child.wait()).await;
        ended.expect("it ends").expect("a child")
    }
}

/// The configuration with a log that is read line by line.
fn logging_json(text: &str) -> String {
    let mut table: toml::Table = text.parse().expect("TOML");
    let log = table.entry("log").or_insert_with(|| toml::Table::new().into());
    log.as_table_mut().expect("a table").insert("format".to_owned(), "json".into());
    configuration::text(&table)
}

async fn collect(stderr: ChildStderr, log: Log) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let value = serde_json::from_str(&line).unwrap_or(Value::String(line));
        log.lock().unwrap_or_else(PoisonError::into_inner).push(value);
    }
}

/// The host that was built together with this test or binary.
///
/// # Panics
/// If it was not built.
#[must_use]
pub fn binary() -> PathBuf {
    let own = env::current_exe().expect("a path");
    let places = own.ancestors().skip(1).take(2);
    let found = places.map(|directory| directory.join("patchbay")).find(|path| path.is_file());
    found.expect("the patchbay binary: cargo build --workspace --bins")
}
