//! `cargo xtask e2e`: the end-to-end tests on a real OpenStack and real Ceph.

use anyhow::Result;

use crate::rig::Rigs;
use crate::workspace::Workspace;
use crate::{plugins, process, test};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave OpenStack and Ceph running also where this command started them.
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    tests: test::Arguments,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    plugins::build_with_guests(workspace)?;
    let rigs = Rigs::of(workspace);
    rigs.with(arguments.keep, || run_tests(workspace, &rigs, &arguments.tests))
}

fn run_tests(workspace: &Workspace, rigs: &Rigs, arguments: &test::Arguments) -> Result<()> {
    let variables = rigs.variables()?;
    process::step("end-to-end tests on OpenStack and Ceph", "6 minutes after the build", || {
        test::run_outside(workspace, arguments, &variables)
    })
}
