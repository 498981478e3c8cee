//! The real clouds of `tests/rigs`: is one up, bring it up, what logs in.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// What differs from rig to rig.
struct Kind {
    name: &'static str,
    directory: &'static str,
    /// Where it puts its data unless the variable says otherwise; as in its scripts.
    data: (&'static str, &'static str),
    /// The file in its data that holds the variables for its users, and the one that is its address.
    variables: (&'static str, &'static str),
    up_takes: &'static str,
    down_takes: &'static str,
}

const OPENSTACK: Kind = Kind {
    name: "OpenStack",
    directory: "tests/rigs/openstack",
    data: ("OPENSTACK_RUN_DIR", "/tmp/openstack"),
    variables: ("openrc", "OS_AUTH_URL"),
    up_takes: "2.5 minutes on a bare machine, half a minute when installed",
    down_takes: "15 seconds",
};

const CEPH: Kind = Kind {
    name: "Ceph, two clusters",
    directory: "tests/rigs/ceph",
    data: ("CEPH_RUN_DIR", "/tmp/ceph"),
    variables: ("rgw.env", "RGW1_ENDPOINT"),
    up_takes: "half a minute on a bare machine, 10 seconds when installed",
    down_takes: "2 seconds",
};

/// A rig's scripts and where they keep their data.
struct Rig {
    kind: Kind,
    scripts: PathBuf,
    data: PathBuf,
}

impl Rig {
    /// The OpenStack.
    fn openstack(workspace: &Workspace) -> Self {
        Self::of(workspace, OPENSTACK)
    }

    /// The two Ceph clusters.
    fn ceph(workspace: &Workspace) -> Self {
        Self::of(workspace, CEPH)
    }

    fn of(workspace: &Workspace, kind: Kind) -> Self {
        let (variable, directory) = kind.data;
        let data = std::env::var_os(variable).unwrap_or_else(|| directory.into());
        Self { scripts: workspace.root.join(kind.directory), data: data.into(), kind }
    }

    /// Whether its first server takes connections.
    fn is_up(&self) -> bool {
        let address = self.variables().ok().and_then(|variables| {
            let (_, url) = variables.into_iter().find(|(name, _)| name == self.kind.variables.1)?;
            Some(url.split('/').nth(2)?.to_owned())
        });
        address.is_some_and(|address| TcpStream::connect(address).is_ok())
    }

    /// Installs what is missing and starts what does not run.
    fn up(&self) -> Result<()> {
        process::step(self.kind.name, self.kind.up_takes, || self.script("up"))
    }

    /// Makes what the tests need in it, where the rig has a script for that.
    fn fixtures(&self) -> Result<()> {
        process::step("flavors, images and a network", "10 seconds", || self.script("fixtures"))
    }

    /// Stops what `up` started; the data stays.
    fn down(&self) -> Result<()> {
        process::step(&format!("stopping {}", self.kind.name), self.kind.down_takes, || self.script("down"))
    }

    /// What its users need, as the administrator's credentials.
    fn variables(&self) -> Result<Vec<(String, String)>> {
        let file = self.data.join(self.kind.variables.0);
        let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let pairs = text.lines().filter_map(|line| {
            line.strip_prefix("export ").unwrap_or(line).split_once('=').filter(|_| !line.starts_with('#'))
        });
        Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// How a person stops it.
    fn stop_hint(&self) -> String {
        format!("{} is left running; {} stops it", self.kind.name, self.scripts.join("down").display())
    }

    fn script(&self, name: &str) -> Result<()> {
        process::run(&mut Command::new(self.scripts.join(name)))
    }
}

/// All that the end-to-end tests run on.
pub(crate) struct Rigs {
    openstack: Rig,
    ceph: Rig,
}

impl Rigs {
    /// Those of the project.
    pub(crate) fn of(workspace: &Workspace) -> Self {
        Self { openstack: Rig::openstack(workspace), ceph: Rig::ceph(workspace) }
    }

    /// Brings up what does not run, does `work`, and stops what did not run before; unless `keep`.
    pub(crate) fn with<T>(&self, keep: bool, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let ran = [&self.openstack, &self.ceph].map(|rig| (rig, keep || rig.is_up()));
        let done = self.up().and_then(|()| work());
        for (rig, stays) in ran {
            if stays {
                process::say(&rig.stop_hint());
            } else {
                // What went wrong before is the more telling.
                let stopped = rig.down();
                if done.is_ok() {
                    stopped?;
                }
            }
        }
        done
    }

    /// Installs what is missing, starts what does not run, and makes what is needed in it.
    pub(crate) fn up(&self) -> Result<()> {
        self.openstack.up()?;
        self.openstack.fixtures()?;
        self.ceph.up()
    }

    /// How a person stops them.
    pub(crate) fn stop_hints(&self) -> String {
        [&self.openstack, &self.ceph].map(Rig::stop_hint).join("\n")
    }

    /// The variables of all.
    pub(crate) fn variables(&self) -> Result<Vec<(String, String)>> {
        Ok([self.openstack.variables()?, self.ceph.variables()?].concat())
    }
}
