//! The command line over TLS: by flags and by environment, and what is said where it does not come about.

use patchbay_tests::Deployment;
use patchbay_tests::command::{Done, command};
use patchbay_tests::pki::{Authority, put};

use crate::{ADDRESS, Pki, bare, deployment};

async fn run(deployment: &Deployment, environment: &[(&str, &str)], arguments: &[&str]) -> Done {
    let mut command = command(deployment, arguments);
    command.env("PATCHBAY_GRPC", format!("https://{}", bare(&deployment.endpoint())));
    let ended = command.envs(environment.iter().copied()).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { status: ended.status.code().unwrap(), out: text(ended.stdout), err: text(ended.stderr) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_session_works() {
    let pki = Pki::new();
    let deployment = deployment(&pki.table("grpc")).await;
    let ca = pki.file("ca.pem");
    let trusting = [("PATCHBAY_CA", ca.to_str().unwrap())];
    let call = async |method: &str, json: &str| {
        let done = run(&deployment, &trusting, &["call", method, json]).await;
        assert_eq!(done.status, 0, "{method}: {done:?}");
        done.json()
    };
    let tenant = call("TenantService/CreateTenant", r#"{"tenant_name":"demo"}"#).await;
    let who = format!(r#"{{"tenant_id":{},"apikey":{}}}"#, tenant["tenant_id"], tenant["apikey"]);
    let flavors = call("FlavorService/ListFlavors", &who).await;
    assert!(!flavors["flavors"].as_array().unwrap().is_empty(), "{flavors}");
    let listed = run(&deployment, &trusting, &["plugin", "list"]).await;
    assert!(listed.status == 0 && listed.out.contains("compute-nova"), "{listed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_say_whom_to_trust_and_who_one_is() {
    let pki = Pki::new();
    pki.authority.issue("host.example").write(pki.path(), "host");
    pki.authority.issue("operator").write(pki.path(), "operator");
    let deployment = deployment(&pki.table_asking("grpc", "required")).await;
    let (ca, certificate, key) = (pki.file("ca.pem"), pki.file("operator.pem"), pki.file("operator.key"));
    let trust = ["--ca", ca.to_str().unwrap()];
    let name = ["--server-name", "host.example"];
    let shown = ["--certificate", certificate.to_str().unwrap(), "--key", key.to_str().unwrap()];
    let list = async |flags: &[&[&str]]| {
        let arguments = [&[&["plugin", "list"][..]], flags].concat().concat();
        run(&deployment, &[], &arguments).await
    };
    let done = list(&[&trust, &name, &shown]).await;
    assert!(done.status == 0 && done.out.contains("compute-nova"), "{done:?}");

    let done = list(&[&trust, &shown]).await;
    assert!(done.status == 1 && done.err.contains("not valid for name \"127.0.0.1\""), "{done:?}");
    let done = list(&[&name, &shown]).await;
    assert!(done.status == 1 && done.err.contains("UnknownIssuer"), "{done:?}");
    let done = list(&[&trust, &name]).await;
    assert_eq!(done.status, 1, "{done:?}");
    let done = list(&[&trust, &name, &["--key", key.to_str().unwrap()]]).await;
    assert!(done.status == 1 && done.err.contains("need each other"), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_authority_is_not_trusted() {
    let pki = Pki::new();
    let deployment = deployment(&pki.table("grpc")).await;
    let other = put(&pki.file("other.pem"), Authority::new("another").pem());
    let done = run(&deployment, &[], &["call", "Health/Check", "--ca", other.to_str().unwrap()]).await;
    assert!(done.status == 1 && done.err.contains("UnknownIssuer"), "{done:?}");
    assert!(done.err.contains(ADDRESS), "{done:?}");
}
