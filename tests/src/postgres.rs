//! A PostgreSQL of a test's own, from the installed binaries: in a temporary directory, reached through a
//! socket there, gone when it is dropped.
//!
//! What is stored in it is the business of whoever started it.

use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

use crate::pki::{Authority, put};

/// How long it may take until it answers.
const START_TIME_MAX: Duration = Duration::from_secs(30);
const START_POLL: Duration = Duration::from_millis(50);
/// Whoever comes by TCP speaks TLS and shows a certificate.
const HBA: &str = "local all all trust\nhostssl all all 127.0.0.1/32 trust clientcert=verify-ca\n";

/// A running server, for which trust is enough.
#[derive(Debug)]
pub struct Postgres {
    server: Child,
    programs: Programs,
    directory: TempDir,
}

impl Postgres {
    /// Makes a cluster and starts its server; takes a second or two.
    ///
    /// # Errors
    /// If the binaries are missing (the error says what to install), or the server does not start.
    pub async fn start() -> anyhow::Result<Self> {
        Self::prepared(|_, _| Ok(())).await
    }

    /// One that is reached by TCP too, over TLS, with a certificate of this authority, for clients that show one of the same.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub async fn start_with_tls(authority: &Authority) -> anyhow::Result<Self> {
        Self::prepared(|programs, directory| programs.speak_tls(directory, authority)).await
    }

    async fn prepared(
        prepare: impl FnOnce(&mut Programs, &Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let mut programs = Programs::find()?;
        let directory = tempfile::Builder::new().prefix("patchbay-postgres-").tempdir()?;
        if let Some((user, group)) = programs.identity {
            chown(directory.path(), Some(user), Some(group))?;
        }
        programs.initdb(directory.path())?;
        prepare(&mut programs, directory.path())?;
        let server = programs.server(directory.path())?;
        let mut postgres = Self { server, programs, directory };
        postgres.answering().await?;
        Ok(postgres)
    }

    /// Makes a database, and the URL that leads to it.
    ///
    /// # Errors
    /// If there is one of that name.
    pub fn database(&self, name: &str) -> anyhow::Result<String> {
        let mut create = self.programs.command("createdb");
        create.arg("--host").arg(self.directory.path()).args(["--username", "postgres", name]);
        ensure!(create.status()?.success(), "createdb {name} failed");
        let socket = self.directory.path().display();
        Ok(format!("postgres://postgres@localhost/{name}?host={socket}"))
    }

    /// The same by TCP, on a server that was started with TLS.
    ///
    /// # Errors
    /// As [`Postgres::database`].
    pub fn database_by_tcp(&self, name: &str) -> anyhow::Result<String> {
        self.database(name)?;
        Ok(format!("postgres://postgres@127.0.0.1:{}/{name}", self.programs.port))
    }

    /// Stops the server: connections end, and no new ones are made.
    ///
    /// # Errors
    /// If it cannot be stopped.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        // SIGINT is postgres' fast shutdown, after which no shared memory is left; SIGKILL would leave it.
        let stop = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status()?;
        ensure!(stop.success(), "postgres cannot be stopped");
        self.server.wait()?;
        Ok(())
    }

    /// Starts it again after [`Postgres::stop`].
    ///
    /// # Errors
    /// If it does not start.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        self.server = self.programs.server(self.directory.path())?;
        self.answering().await
    }

    async fn answering(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < START_TIME_MAX {
            if let Some(status) = self.server.try_wait()? {
                bail!("postgres ended at once, {status}:\n{}", self.log());
            }
            let mut ready = self.programs.command("pg_isready");
            ready.arg("--quiet").arg("--host").arg(self.directory.path());
            if ready.status()?.success() {
                return Ok(());
            }
            tokio::time::sleep(START_POLL).await;
        }
        bail!("postgres did not start within {START_TIME_MAX:?}:\n{}", self.log())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.server.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        if self.stop().is_err() {
            self.server.kill().ok();
            self.server.wait().ok();
        }
    }
}

/// PostgreSQL's programs, and as whom to run them: they refuse to be root.
#[derive(Debug)]
struct Programs {
    directory: PathBuf,
    /// User and group.
    identity: Option<(u32, u32)>,
    /// Also a part of its socket's name.
    port: u16,
    /// What the server is started with: without a TCP port no two are in each other's way.
    arguments: Vec<OsString>,
}

/// PostgreSQL's own default.
const PORT: u16 = 5432;

impl Programs {
    fn find() -> anyhow::Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
        if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
            directories.extend(versions.flatten().map(|version| version.path().join("bin")));
        }
        let all = ["initdb", "postgres", "createdb", "pg_isready"];
        let found = directories.into_iter().find(|place| all.iter().all(|name| place.join(name).is_file()));
        let directory =
            found.context("this needs PostgreSQL's server programs: install the package `postgresql`")?;
        let arguments = ["-h", ""].map(OsString::from).to_vec();
        Ok(Self { directory, identity: unprivileged()?, port: PORT, arguments })
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.directory.join(name));
        if let Some((user, group)) = self.identity {
            command.uid(user).gid(group);
        }
        command.current_dir("/").stdin(Stdio::null()).env("PGPORT", self.port.to_string());
        command
    }

    fn initdb(&self, directory: &Path) -> anyhow::Result<()> {
        let mut initdb = self.command("initdb");
        initdb.arg("--pgdata").arg(directory.join("data"));
        initdb.args([
            "--auth",
            "trust",
            "--username",
            "postgres",
            "--encoding",
            "UTF8",
            "--no-locale",
            "--no-sync",
        ]);
        let output = initdb.output()?;
        ensure!(output.status.success(), "initdb failed:\n{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    fn speak_tls(&mut self, directory: &Path, authority: &Authority) -> anyhow::Result<()> {
        let own = authority.issue("127.0.0.1");
        let files = [
            ("ssl_cert_file", own.certificate.as_str()),
            ("ssl_key_file", own.key.as_str()),
            ("ssl_ca_file", authority.pem()),
            ("hba_file", HBA),
        ];
        self.port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        self.arguments = ["-h", "127.0.0.1", "-c", "ssl=on"].map(OsString::from).to_vec();
        for (setting, text) in files {
            let file = put(&directory.join(setting), text);
            if let Some((user, group)) = self.identity {
                chown(&file, Some(user), Some(group))?;
            }
            self.arguments.extend(["-c".into(), format!("{setting}={}", file.display()).into()]);
        }
        Ok(())
    }

    fn server(&self, directory: &Path) -> anyhow::Result<Child> {
        let log = fs::File::create(directory.join("log"))?;
        let mut server = self.command("postgres");
        // Nothing here outlives a crash, so no fsync.
        server.arg("-D").arg(directory.join("data")).arg("-k").arg(directory).arg("-F").args(&self.arguments);
        Ok(server.stdout(Stdio::null()).stderr(log).spawn()?)
    }
}

/// User and group to become when this is root: `postgres`, which the package makes, or `nobody`.
fn unprivileged() -> anyhow::Result<Option<(u32, u32)>> {
    if id(&["-u"])? != 0 {
        return Ok(None);
    }
    let of = |name| anyhow::Ok((id(&["-u", name])?, id(&["-g", name])?));
    of("postgres").or_else(|_| of("nobody")).map(Some)
}

fn id(arguments: &[&str]) -> anyhow::Result<u32> {
    let output = Command::new("id").args(arguments).output()?;
    String::from_utf8(output.stdout)?.trim().parse().with_context(|| format!("id {}", arguments.join(" ")))
}
