//! The workspace's native binaries: host, simulator, benchmark.

use anyhow::Result;

use crate::process;
use crate::workspace::{Workspace, cargo};

/// Builds them all, into the target directory.
///
/// Always the whole workspace, here and in the tests: cargo unites the features of what it builds at once, and
/// a smaller selection gives the deepest dependencies other features, so that all above them is compiled twice.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    process::step("building host and simulator", "seconds, the first time 8 minutes", || {
        process::run(cargo().args(["build", "--workspace", "--bins"]).current_dir(&workspace.root))
    })
}
