//! A PostgreSQL that is reached over TLS, and knows its clients by their certificates.

use patchbay_database as database;
use patchbay_tests::pki::{Authority, put};
use patchbay_tests::postgres::Postgres;

use crate::Pki;

async fn open(url: &str, parameters: &[(&str, &str)]) -> anyhow::Result<()> {
    let parameters: Vec<_> = parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let url = format!("{url}?{}", parameters.join("&"));
    let config = toml::from_str(&format!("url = {url:?}"))?;
    database::open(&config).await?.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn both_know_each_other_by_their_certificates() {
    let pki = Pki::new();
    pki.authority.issue("patchbay").write(pki.path(), "client");
    let other = put(&pki.file("other.pem"), Authority::new("another").pem());
    let postgres = Postgres::start_with_tls(&pki.authority).await.unwrap();
    let url = postgres.database_by_tcp("patchbay").unwrap();

    let (ca, certificate, key) = (pki.file("ca.pem"), pki.file("client.pem"), pki.file("client.key"));
    let strict = ("sslmode", "verify-full");
    let trust = ("sslrootcert", ca.to_str().unwrap());
    let shown = [("sslcert", certificate.to_str().unwrap()), ("sslkey", key.to_str().unwrap())];
    open(&url, &[&[strict, trust], &shown[..]].concat()).await.unwrap();

    let stranger = ("sslrootcert", other.to_str().unwrap());
    let refused = open(&url, &[&[strict, stranger], &shown[..]].concat()).await.unwrap_err();
    assert!(format!("{refused:#}").contains("certificate"), "{refused:#}");
    let refused = open(&url, &[strict, trust]).await.unwrap_err();
    assert!(format!("{refused:#}").contains("certificate"), "{refused:#}");
    let refused = open(&url, &[("sslmode", "disable")]).await.unwrap_err();
    assert!(format!("{refused:#}").contains("no encryption"), "{refused:#}");
}
