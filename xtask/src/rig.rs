//! The real OpenStack of `tests/rigs/openstack`: is it up, bring it up, what logs in.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// Where the rig puts its data unless `OPENSTACK_RUN_DIR` says otherwise; as in its scripts.
const RUN_DIRECTORY: &str = "/tmp/openstack";

/// The rig's scripts and where they keep their data.
pub(crate) struct Rig {
    scripts: PathBuf,
    data: PathBuf,
}

impl Rig {
    pub(crate) fn of(workspace: &Workspace) -> Self {
        let data = std::env::var_os("OPENSTACK_RUN_DIR").unwrap_or_else(|| RUN_DIRECTORY.into());
        Self { scripts: workspace.root.join("tests/rigs/openstack"), data: data.into() }
    }

    /// Whether its Keystone takes connections.
    pub(crate) fn is_up(&self) -> bool {
        let address = self.credentials().ok().and_then(|variables| {
            let (_, url) = variables.into_iter().find(|(name, _)| name == "OS_AUTH_URL")?;
            Some(url.split('/').nth(2)?.to_owned())
        });
        address.is_some_and(|address| TcpStream::connect(address).is_ok())
    }

    /// Installs what is missing and starts what does not run, then makes what the tests need in it.
    pub(crate) fn up(&self) -> Result<()> {
        process::step("OpenStack", "2.5 minutes on a bare machine, half a minute when installed", || {
            self.script("up")
        })?;
        process::step("flavors, images and a network", "10 seconds", || self.script("fixtures"))
    }

    /// Stops what `up` started; the data stays.
    pub(crate) fn down(&self) -> Result<()> {
        process::step("stopping OpenStack", "15 seconds", || self.script("down"))
    }

    /// The `OS_*` variables of the administrator, from the rig's `openrc`.
    pub(crate) fn credentials(&self) -> Result<Vec<(String, String)>> {
        let file = self.data.join("openrc");
        let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let pairs = text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
        Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// How a person stops it.
    pub(crate) fn stop_hint(&self) -> String {
        format!("OpenStack is left running; {} stops it", self.scripts.join("down").display())
    }

    fn script(&self, name: &str) -> Result<()> {
        process::run(&mut Command::new(self.scripts.join(name)))
    }
}
