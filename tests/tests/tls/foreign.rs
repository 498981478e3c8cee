//! Other implementations of TLS at the other end: Python's gRPC, which has BoringSSL, and OpenSSL.

use std::path::Path;
use std::process::{Output, Stdio};

use patchbay_tests::pki::{Authority, put};
use patchbay_tests::process::binary;
use patchbay_tests::{Deployment, needs_cloudsim};
use tokio::process::Command;

use crate::{ADDRESS, Pki, bare, deployment};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/check.py");

/// Whether it ended well, and all that it said.
async fn run(mut command: Command) -> (bool, String) {
    // Python's gRPC would go to the host by way of a proxy that it finds here.
    command.env("no_proxy", ADDRESS).stdin(Stdio::null()).kill_on_drop(true);
    let Output { status, stdout, stderr } = command.output().await.unwrap();
    let said = [stdout, stderr].concat();
    (status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// What Python's gRPC says of the host: whom to trust, and more.
async fn python(deployment: &Deployment, ca: &Path, more: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("PYTHON_WITH_GRPC"));
    command.arg(SCRIPT).arg(bare(&deployment.endpoint())).arg(ca).args(more);
    run(command).await
}

/// What OpenSSL says of a port.
async fn openssl(url: &str, ca: &Path, more: &[&str]) -> (bool, String) {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", bare(url), "-verify_return_error", "-CAfile"]).arg(ca);
    command.args(more);
    run(command).await
}

#[tokio::test]
#[cfg_attr(no_python_grpc, ignore = "needs python3-grpcio and python3-grpc-tools")]
async fn python_knows_the_host_by_its_certificate() {
    let pki = Pki::new();
    let deployment = deployment(&pki.table("grpc")).await;
    let (served, said) = python(&deployment, &pki.file("ca.pem"), &[]).await;
    assert!(served && said.contains("SERVING"), "{said}");

    let other = put(&pki.file("other.pem"), Authority::new("another").pem());
    let (served, said) = python(&deployment, &other, &[]).await;
    assert!(!served && said.contains("UNAVAILABLE"), "wrong authority: {said}");
    let (served, said) = python(&deployment, &pki.file("ca.pem"), &["elsewhere.example"]).await;
    assert!(!served && said.contains("UNAVAILABLE"), "wrong name: {said}");
}

#[tokio::test]
#[cfg_attr(no_python_grpc, ignore = "needs python3-grpcio and python3-grpc-tools")]
async fn python_refuses_a_certificate_that_has_ended() {
    let pki = Pki::new();
    pki.authority.issue_ended(ADDRESS).write(pki.path(), "host");
    let deployment = deployment(&pki.table("grpc")).await;
    let (served, said) = python(&deployment, &pki.file("ca.pem"), &[]).await;
    assert!(!served && said.contains("UNAVAILABLE"), "{said}");
}

#[tokio::test]
#[cfg_attr(no_python_grpc, ignore = "needs python3-grpcio and python3-grpc-tools")]
async fn python_shows_a_certificate_of_its_own() {
    let pki = Pki::new();
    let ca = pki.file("ca.pem");
    pki.authority.issue("client").write(pki.path(), "client");
    Authority::new("another").issue("client").write(pki.path(), "stranger");
    let deployment = deployment(&pki.table_asking("grpc", "required")).await;
    let shown = |name: &str| [pki.file(&format!("{name}.pem")), pki.file(&format!("{name}.key"))];
    for (name, good) in [("client", true), ("stranger", false)] {
        let [certificate, key] = shown(name);
        let more = ["-", certificate.to_str().unwrap(), key.to_str().unwrap()];
        let (served, said) = python(&deployment, &ca, &more).await;
        assert_eq!(served, good, "{name}: {said}");
    }
    let (served, said) = python(&deployment, &ca, &[]).await;
    assert!(!served && said.contains("UNAVAILABLE"), "no certificate: {said}");
}

#[tokio::test]
#[cfg_attr(no_openssl, ignore = "needs openssl")]
async fn openssl_speaks_what_is_good_and_nothing_else() {
    let pki = Pki::new();
    let ca = pki.file("ca.pem");
    let deployment = deployment(&format!("{}{}", pki.table("grpc"), pki.table("http"))).await;
    let grpc = deployment.endpoint();
    for version in ["-tls1_2", "-tls1_3"] {
        let (done, said) = openssl(&grpc, &ca, &[version, "-alpn", "h2", "-verify_ip", ADDRESS]).await;
        assert!(done && said.contains("ALPN protocol: h2"), "{version}: {said}");
    }
    let (done, said) = openssl(&deployment.http(), &ca, &["-alpn", "http/1.1"]).await;
    assert!(done && said.contains("ALPN protocol: http/1.1"), "{said}");

    let weak = ["-cipher", "DEFAULT@SECLEVEL=0"];
    for version in ["-tls1_1", "-tls1"] {
        let (done, said) = openssl(&grpc, &ca, &[&[version][..], &weak].concat()).await;
        // Its hello names no signature that the host knows, which is seen before its version is.
        assert!(!done && said.contains("SSL alert number"), "{version}: {said}");
    }
    let (done, said) = openssl(&grpc, &ca, &["-alpn", "http/1.1"]).await;
    assert!(!done && said.contains("no application protocol"), "{said}");
    let (done, said) = openssl(&grpc, &ca, &["-verify_ip", "192.0.2.1"]).await;
    assert!(!done && said.contains("IP address mismatch"), "{said}");
    let other = put(&pki.file("other.pem"), Authority::new("another").pem());
    let (done, said) = openssl(&grpc, &other, &[]).await;
    assert!(!done && said.contains("verify error"), "{said}");
}

#[tokio::test]
#[cfg_attr(no_openssl, ignore = "needs openssl")]
async fn openssl_is_asked_for_a_certificate() {
    let pki = Pki::new();
    let ca = pki.file("ca.pem");
    pki.authority.issue("client").write(pki.path(), "client");
    let deployment = deployment(&pki.table_asking("grpc", "required")).await;
    let (certificate, key) = (pki.file("client.pem"), pki.file("client.key"));
    let shown = ["-tls1_2", "-cert", certificate.to_str().unwrap(), "-key", key.to_str().unwrap()];
    let (done, said) = openssl(&deployment.endpoint(), &ca, &shown).await;
    assert!(done, "{said}");
    // In TLS 1.3 a client learns of it only when it reads.
    let (done, said) = openssl(&deployment.endpoint(), &ca, &["-tls1_2"]).await;
    assert!(!done && said.contains("alert"), "{said}");
}

#[tokio::test]
#[cfg_attr(no_python_grpc, ignore = "needs python3-grpcio and python3-grpc-tools")]
async fn the_examples_do_all_over_tls() {
    needs_cloudsim!();
    let pki = Pki::new();
    let deployment = Deployment::builder().at_once().toml(&pki.table("grpc")).start().await;
    let rust = Command::new(binary().with_file_name("patchbay-example-client"));
    let mut python = Command::new(env!("PYTHON_WITH_GRPC"));
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/python/client.py"));
    for mut client in [rust, python] {
        client.env("PATCHBAY_GRPC", format!("https://{}", bare(&deployment.endpoint())));
        client.env("PATCHBAY_OPERATOR_TOKEN", deployment.operator_token());
        client.env("PATCHBAY_CA", pki.file("ca.pem"));
        let (done, said) = run(client).await;
        assert!(done && said.contains("DeleteCloudDisk"), "{said}");
    }
}
