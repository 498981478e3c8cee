//! The `patchbay` binary as a person runs it: with arguments, on a deployment's host, to its end. A host in a process of
//! its own is in `process`.

use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::process::Command;

use crate::Deployment;
use crate::process::binary;

/// What a command came to.
#[derive(Debug)]
pub struct Done {
    /// The exit status.
    pub status: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Done {
    /// What it printed, as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The command, with the address and the operator's token of the deployment in its environment.
#[must_use]
pub fn command(deployment: &Deployment, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env("PATCHBAY_GRPC", deployment.endpoint());
    command.env("PATCHBAY_OPERATOR_TOKEN", deployment.operator_token());
    // Of a shell in which `cargo xtask up --tls` is tried.
    command.env_remove("PATCHBAY_CA");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Runs it to its end.
///
/// # Panics
/// If it cannot be started, or a signal ends it.
pub async fn patchbay(deployment: &Deployment, arguments: &[&str]) -> Done {
    let Output { status, stdout, stderr } =
        command(deployment, arguments).output().await.expect("the patchbay binary");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Done { status: status.code().expect("an exit status"), out: text(stdout), err: text(stderr) }
}
