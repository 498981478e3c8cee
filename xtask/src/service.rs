//! Long-lived children of `cargo xtask up`, and the signals that end them.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How often a child is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// How long a child may take to end; the host's own bound for draining is shorter.
const STOP_MAX: Duration = Duration::from_secs(60);
/// How long one probe may take, in seconds.
const PROBE_SECONDS_MAX: u64 = 1;

/// Ctrl-C or SIGTERM to this program.
pub(crate) struct Interrupt(Receiver<()>);

impl Interrupt {
    /// From now on these signals no longer end the program.
    pub(crate) fn listen() -> Result<Self> {
        let mut signals = Signals::new([SIGINT, SIGTERM]).context("no signal handler")?;
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || signals.forever().try_for_each(|_| sender.send(())));
        Ok(Self(receiver))
    }

    /// Waits for `LOOK`; whether the signal came.
    fn came(&self) -> bool {
        self.0.recv_timeout(LOOK) != Err(RecvTimeoutError::Timeout)
    }
}

/// A running child. Dropping it stops it.
pub(crate) struct Service {
    name: &'static str,
    child: Child,
}

impl Service {
    /// Starts it in a process group of its own, so that Ctrl-C in the terminal reaches this program only
    /// and the children end in the right order.
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).process_group(0).spawn();
        Ok(Self { name, child: child.with_context(|| format!("{name} could not be started"))? })
    }

    /// Waits until `GET path` is answered 200; `false` when interrupted. Fails where the child ends or `most` passes.
    pub(crate) fn ready(
        &mut self,
        at: SocketAddr,
        path: &str,
        most: Duration,
        interrupt: &Interrupt,
    ) -> Result<bool> {
        let (begun, url) = (Instant::now(), format!("http://{at}{path}"));
        let probe = minreq::get(url).with_timeout(PROBE_SECONDS_MAX);
        while !probe.clone().send_lazy().is_ok_and(|answer| answer.status_code == 200) {
            self.check()?;
            ensure!(begun.elapsed() < most, "{} was not ready within {} s", self.name, most.as_secs());
            if interrupt.came() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Fails where the child has ended by itself.
    fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{} ended by itself ({status})", self.name),
            None => Ok(()),
        }
    }

    /// SIGTERM, then waits. Fails where the child says that it failed, or had to be killed.
    pub(crate) fn stop(mut self) -> Result<()> {
        let status = self.terminate()?;
        ensure!(status, "{} did not end cleanly", self.name);
        Ok(())
    }

    fn terminate(&mut self) -> Result<bool> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status.success());
        }
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let begun = Instant::now();
        while begun.elapsed() < STOP_MAX {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.success());
            }
            std::thread::park_timeout(LOOK);
        }
        self.child.kill()?;
        self.child.wait()?;
        Ok(false)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // An error is already on its way out; what matters here is that nothing stays behind.
        drop(self.terminate());
    }
}

/// Waits for Ctrl-C. Fails as soon as one of the services ends by itself.
pub(crate) fn watch(services: &mut [Service], interrupt: &Interrupt) -> Result<()> {
    while !interrupt.came() {
        services.iter_mut().try_for_each(Service::check)?;
    }
    Ok(())
}
