//! What the host wants of certificates before it starts, and what `check-config` says of them; and that nobody listens in the
//! clear where others reach it, unless somebody wants that.

use patchbay_server::Config;
use patchbay_tests::Deployment;
use patchbay_tests::command::{Done, patchbay};
use patchbay_tests::pki::{Authority, put};
use patchbay_tests::process::HostProcess;

use crate::{ADDRESS, Pki, call, deployment};

/// What `check-config` says of a configuration with this table in it.
async fn checked(table: &str) -> Done {
    let deployment = Deployment::start().await;
    let text = std::fs::read_to_string(deployment.config_file()).unwrap();
    let mut config: toml::Table = text.parse().unwrap();
    let more: toml::Table = table.parse().unwrap();
    for (port, keys) in more {
        let port = config.get_mut(&port).unwrap().as_table_mut().unwrap();
        port.extend(keys.as_table().unwrap().clone());
    }
    let file = deployment.directory().join("checked.toml");
    std::fs::write(&file, patchbay_tests::configuration::text(&config)).unwrap();
    patchbay(&deployment, &["check-config", "--config", file.to_str().unwrap()]).await
}

async fn complaint(table: &str) -> String {
    let done = checked(table).await;
    assert_eq!(done.status, 1, "{done:?}");
    done.err
}

#[tokio::test(flavor = "multi_thread")]
async fn good_certificates_pass() {
    let pki = Pki::new();
    let between = pki.authority.below("between");
    between.issue(ADDRESS).by_way_of(&between).write(pki.path(), "host");
    let table = format!("{}{}", pki.table_asking("grpc", "required"), pki.table("http"));
    let done = checked(&table).await;
    assert_eq!(done.status, 0, "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_them_is_said() {
    let pki = Pki::new();
    let (table, host) =
        (pki.table("grpc"), |issued: &patchbay_tests::pki::Issued| issued.write(pki.path(), "host"));

    host(&pki.authority.issue_ended(ADDRESS));
    let told = complaint(&table).await;
    assert!(
        told.contains("grpc.tls: certificate_file: a certificate ended at 2021-01-01T00:00:00Z"),
        "{told}"
    );
    host(&pki.authority.issue_early(ADDRESS));
    let told = complaint(&table).await;
    assert!(told.contains("a certificate begins at 2999-01-01T00:00:00Z only"), "{told}");
    let (one, other) = (pki.authority.issue(ADDRESS), pki.authority.issue(ADDRESS));
    host(&patchbay_tests::pki::Issued { key: other.key, ..one.clone() });
    let told = complaint(&table).await;
    assert!(told.contains("the key in key_file is not that of the certificate"), "{told}");
    host(&one.by_way_of(&Authority::new("another")));
    let told = complaint(&table).await;
    assert!(told.contains("its certificates are no chain"), "{told}");
    std::fs::remove_file(pki.file("host.pem")).unwrap();
    let told = complaint(&table).await;
    assert!(told.contains("certificate_file") && told.contains("No such file"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_are_shown_to_backends_and_those_of_clients_are_looked_at_too() {
    let pki = Pki::new();
    let told = complaint(&pki.table_asking("grpc", "required").replace("ca.pem", "old.pem")).await;
    assert!(told.contains("client_ca_file") && told.contains("No such file"), "{told}");
    put(&pki.file("old.pem"), &pki.authority.issue_ended("an authority").certificate);
    let told = complaint(&pki.table_asking("grpc", "required").replace("ca.pem", "old.pem")).await;
    assert!(told.contains("grpc.tls: client_ca_file: a certificate ended at 2021"), "{told}");
    // One that is good among them is enough.
    let ended = pki.authority.issue_ended("an authority");
    let both = [ended.certificate.as_str(), pki.authority.pem()].concat();
    put(&pki.file("old.pem"), &both);
    assert_eq!(checked(&pki.table_asking("grpc", "required").replace("ca.pem", "old.pem")).await.status, 0);

    pki.authority.issue_for_clients(ADDRESS).write(pki.path(), "host");
    let told = complaint(&pki.table("grpc")).await;
    assert!(told.contains("its certificate is for something else"), "{told}");

    pki.authority.issue_ended("patchbay").write(pki.path(), "client");
    let (certificate, key) = (pki.file("client.pem"), pki.file("client.key"));
    let told = complaint(&format!(
        "[upstream.extra]\nkind = \"http\"\nbase_url = \"https://127.0.0.1:1\"\ntransport = {{ certificate_file = {certificate:?}, key_file = {key:?} }}\n"
    ))
    .await;
    assert!(told.contains("upstream.extra: certificate_file: a certificate ended at 2021"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clear_needs_a_word_where_others_reach_it() {
    let clear = r#"[grpc]
listen = "0.0.0.0:0"
"#;
    let told = complaint(clear).await;
    assert!(told.contains("grpc.insecure = true") && told.contains("[grpc.tls]"), "{told}");
    let told = complaint(&clear.replace("grpc", "http")).await;
    assert!(told.contains("http.insecure = true"), "{told}");
    assert_eq!(checked(&format!("{clear}insecure = true\n")).await.status, 0);

    let mut deployment =
        Deployment::builder().toml("grpc = { listen = \"0.0.0.0:0\", insecure = true }").start().await;
    let host = HostProcess::start(&mut deployment).await;
    let said = |line: &serde_json::Value| {
        line["message"].as_str().is_some_and(|text| text.starts_with("grpc speaks without TLS"))
    };
    assert_eq!(host.count(said), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_others_may_read_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let pki = Pki::new();
    let mut deployment = deployment(&pki.table("grpc")).await;
    let everybody = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(pki.file("host.key"), everybody).unwrap();
    let host = HostProcess::start(&mut deployment).await;
    let key = pki.file("host.key");
    let said = |line: &serde_json::Value| {
        line["file"].as_str() == key.to_str()
            && line["message"].as_str().is_some_and(|text| text.starts_with("others can read this secret"))
    };
    assert_eq!(host.count(said), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_has_ended_is_served_and_refused_by_clients() {
    let pki = Pki::new();
    pki.authority.issue_ended(ADDRESS).write(pki.path(), "host");
    let deployment = deployment(&pki.table("grpc")).await;
    let refused = call(&deployment, pki.trusting()).await.unwrap_err();
    assert!(format!("{refused:?}").contains("Expired"), "{refused:?}");
}

#[test]
fn client_certificates_and_their_authorities_need_each_other() {
    let pki = Pki::new();
    let secret = "{ env = \"A\" }";
    let base = format!(
        "database.url = \"sqlite:a\"\nauth = {{ master_key = {secret}, operator_token = {secret} }}\n"
    );
    let refused = |table: String| format!("{:#}", Config::parse(&format!("{base}{table}")).unwrap_err());
    let asks = format!("{}client_auth = \"required\"\n", pki.table("grpc"));
    assert!(refused(asks).contains("need each other"));
    let has = pki.table_asking("grpc", "none");
    assert!(refused(has).contains("need each other"));
}
