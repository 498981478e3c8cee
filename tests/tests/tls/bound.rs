//! How long a connection may take until something is asked on it, TLS included.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use patchbay_tests::Deployment;
use patchbay_tests::raw::{closed, tcp};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::{ADDRESS, Pki};

/// How long the host may take to close a connection: less than it would without this test's bounds.
const END_MAX: Duration = Duration::from_secs(4);
/// The first bytes of a hello of 512 bytes.
const HALF_A_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

async fn says(url: &str, sent: &[u8]) {
    let mut tcp = tcp(url).await;
    tcp.write_all(sent).await.unwrap();
    timeout(END_MAX, closed(tcp)).await.unwrap();
}

/// Finishes TLS, says nothing more, and waits for the end.
async fn says_nothing_over_tls(url: &str, pki: &Pki, protocol: &str) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pki.authority.pem().as_bytes()).unwrap()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let name = ServerName::try_from(ADDRESS).unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, tcp(url).await).await.unwrap();
    // However it ends.
    let _ = timeout(END_MAX, stream.read_to_end(&mut Vec::new())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_is_closed_on_both_ports() {
    let pki = Pki::new();
    let deployment = Deployment::builder()
        .toml(&format!("{}{}", pki.table("grpc"), pki.table("http")))
        .toml("grpc = { handshake_ms_max = 300, idle_ms_max = 600000 }\nhttp.request_ms_max = 300")
        .start()
        .await;
    for (url, protocol) in [(deployment.endpoint(), "h2"), (deployment.http(), "http/1.1")] {
        let sent: [&[u8]; 3] = [b"", HALF_A_HELLO, b"GET / HTTP/1.1\r\n\r\n"];
        join_all(sent.map(|sent| says(&url, sent))).await;
        says_nothing_over_tls(&url, &pki, protocol).await;
    }
}
