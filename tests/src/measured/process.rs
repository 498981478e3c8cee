//! A server in a process of its own: from its start until it says that it is ready, what it uses, and its end.
//! Which servers there are is not known here.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader, Lines};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a server may take until it is ready: a first start compiles plugins.
const START_MAX: Duration = Duration::from_secs(120);
/// How long it may take to end; the host's own bound for draining is shorter.
const STOP_MAX: Duration = Duration::from_secs(60);
/// The unit of CPU time in `/proc` (`USER_HZ`): the same on every Linux that Rust runs on.
const TICK: Duration = Duration::from_millis(10);

/// Where a server says that it is ready.
#[derive(Clone, Copy)]
pub enum Says {
    /// Among its answers.
    Stdout,
    /// In its log.
    Stderr,
}

type Said = Lines<BufReader<Box<dyn AsyncRead + Send + Unpin>>>;

/// A running server; killed when it is dropped.
pub struct Process {
    name: &'static str,
    child: Child,
    pid: Pid,
}

impl Process {
    /// Starts it and waits for the line of which `ready` makes something. What it says before goes to our own log,
    /// what it says later to `heard`.
    ///
    /// # Errors
    /// If it cannot be started, or does not become ready.
    pub async fn start<T>(
        name: &'static str,
        command: &mut Command,
        says: Says,
        ready: impl Fn(&str) -> Option<T>,
        mut heard: impl FnMut(&str) + Send + 'static,
    ) -> Result<(Self, T)> {
        match says {
            Says::Stdout => command.stdout(Stdio::piped()),
            Says::Stderr => command.stderr(Stdio::piped()),
        };
        let child = command.stdin(Stdio::null()).kill_on_drop(true).spawn();
        let mut child = child.with_context(|| format!("{name} cannot be started"))?;
        let pid =
            child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)).context("no process id")?;
        let mut said = said(&mut child, says).context("no pipe")?;
        let found = timeout(START_MAX, until(&mut said, ready)).await.context("it takes too long");
        let found = found.flatten().with_context(|| format!("{name} does not become ready"))?;
        tokio::spawn(async move {
            while let Ok(Some(line)) = said.next_line().await {
                heard(&line);
            }
        });
        Ok((Self { name, child, pid }, found))
    }

    /// CPU time of all its threads since its start, in user and kernel mode.
    ///
    /// # Errors
    /// If it has ended.
    pub fn cpu(&self) -> Result<Duration> {
        let stat = self.about("stat")?;
        // The name in parentheses may hold spaces; behind it, utime and stime are the 12th and 13th field.
        let (_, fields) = stat.rsplit_once(')').context("/proc/PID/stat has no name")?;
        let ticks: Vec<u32> =
            fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
        Ok(TICK * ticks.iter().sum::<u32>())
    }

    /// Memory that it has in RAM, its binary's pages included.
    ///
    /// # Errors
    /// If it has ended.
    pub fn resident_mib(&self) -> Result<u64> {
        Ok(self.resident_kib()?.div_ceil(1024))
    }

    /// The same, as exactly as the kernel counts it.
    ///
    /// # Errors
    /// If it has ended.
    pub fn resident_kib(&self) -> Result<u64> {
        let status = self.about("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")).context("no VmRSS")?;
        Ok(kib.parse()?)
    }

    /// Asks it to end and waits until it has.
    ///
    /// # Errors
    /// If it ended with an error, or does not end.
    pub async fn stop(mut self) -> Result<()> {
        kill_process(self.pid, Signal::TERM)?;
        let ended = timeout(STOP_MAX, self.child.wait()).await;
        let status = ended.with_context(|| format!("{} does not end", self.name))??;
        ensure!(status.success(), "{} ended badly ({status})", self.name);
        Ok(())
    }

    fn about(&self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.pid.as_raw_nonzero());
        std::fs::read_to_string(&path).with_context(|| format!("{}: {path}", self.name))
    }
}

/// Shows a line of a server among our own.
pub fn echo(line: &str) {
    eprintln!("{line}");
}

fn said(child: &mut Child, says: Says) -> Option<Said> {
    let pipe: Box<dyn AsyncRead + Send + Unpin> = match says {
        Says::Stdout => Box::new(child.stdout.take()?),
        Says::Stderr => Box::new(child.stderr.take()?),
    };
    Some(BufReader::new(pipe).lines())
}

/// Reads to the line that is looked for, or to the end, which is an error.
async fn until<T>(said: &mut Said, found: impl Fn(&str) -> Option<T>) -> Result<T> {
    while let Some(line) = said.next_line().await? {
        if let Some(found) = found(&line) {
            return Ok(found);
        }
        echo(&line);
    }
    anyhow::bail!("it said nothing more")
}
