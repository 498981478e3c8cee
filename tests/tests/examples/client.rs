//! The clients: what they print, what they leave, and how they end where they are refused.

use std::process::{Output, Stdio};

use patchbay_tests::process::binary;
use patchbay_tests::{Deployment, needs_cloudsim};
use tokio::process::Command;

/// What the disk is called.
const NAME: &str = "photos";
/// A line for each.
const ASKED: [&str; 6] =
    ["CreateTenant", "ListFlavors", "ListImages", "CreateCloudDisk", "GetCloudDisk", "DeleteCloudDisk"];
const PYTHON_CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/python/client.py");

/// The client that was built together with the host.
fn rust() -> Command {
    Command::new(binary().with_file_name("patchbay-example-client"))
}

fn python() -> Command {
    let mut command = Command::new(env!("PYTHON_WITH_GRPC"));
    command.arg(PYTHON_CLIENT);
    command
}

/// Runs it to its end: the exit status, standard output and standard error.
async fn run(mut client: Command, deployment: &Deployment, token: &str) -> (Option<i32>, String, String) {
    client.args(["--name", NAME]).env("PATCHBAY_GRPC", deployment.endpoint());
    client.env("PATCHBAY_OPERATOR_TOKEN", token).env_remove("PATCHBAY_CA");
    // Python's gRPC would go to the host by way of a proxy that it finds here.
    client.env("no_proxy", "127.0.0.1");
    let ended = client.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let Output { status, stdout, stderr } = ended.expect("the client: cargo build --workspace --bins");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

async fn does_all(client: Command) {
    needs_cloudsim!();
    let deployment = Deployment::builder().at_once().start().await;
    let (status, said, complained) = run(client, &deployment, deployment.operator_token()).await;
    assert_eq!(status, Some(0), "{said}{complained}");
    let lines: Vec<_> = said.lines().map(|line| line.split_once(": ").expect(line)).collect();
    assert_eq!(lines.iter().map(|(rpc, _)| *rpc).collect::<Vec<_>>(), ASKED, "{said}");
    assert!(lines.iter().all(|(_, told)| told.contains("(req-")), "{said}");
    assert!(lines[4].1.starts_with(&format!("{NAME}, 1 GiB, available")), "{said}");
    let left = deployment.cloudsim().resources().into_iter().filter(|resource| resource.kind == "volume");
    assert_eq!(left.count(), 0);
}

async fn says_why_it_is_refused(client: Command) {
    needs_cloudsim!();
    let deployment = Deployment::builder().at_once().start().await;
    let (status, said, complained) = run(client, &deployment, "wrong").await;
    assert_eq!((status, said.as_str()), (Some(1), ""), "{complained}");
    assert!(complained.contains("CreateTenant: 16 ") && complained.contains("(req-"), "{complained}");
}

#[tokio::test]
async fn the_rust_client_does_all() {
    does_all(rust()).await;
}

#[tokio::test]
async fn the_rust_client_says_why_it_is_refused() {
    says_why_it_is_refused(rust()).await;
}

#[tokio::test]
#[cfg_attr(no_python_grpc, ignore = "needs python3-grpcio and python3-grpc-tools")]
async fn the_python_client_does_all() {
    does_all(python()).await;
}

#[tokio::test]
#[cfg_attr(no_python_grpc, ignore = "needs python3-grpcio and python3-grpc-tools")]
async fn the_python_client_says_why_it_is_refused() {
    says_why_it_is_refused(python()).await;
}
