//! A backend that speaks TLS and wants to know its clients by their certificates: it stands before one that speaks in the
//! clear, and passes on what comes.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::pki::Authority;

/// One that runs until it is dropped.
pub struct TlsProxy {
    address: SocketAddr,
    _connections: JoinSet<()>,
}

impl TlsProxy {
    /// Before this address, with a certificate of the authority, for clients that show one of the same.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn before(backend: SocketAddr, authority: &Authority) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let acceptor = TlsAcceptor::from(Arc::new(config(authority)));
        let mut connections = JoinSet::new();
        connections.spawn(async move {
            let mut each = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                each.spawn(pass(acceptor.clone(), tcp, backend));
            }
        });
        Self { address, _connections: connections }
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn pass(acceptor: TlsAcceptor, tcp: TcpStream, backend: SocketAddr) {
    let Ok(mut client) = acceptor.accept(tcp).await else { return };
    let Ok(mut server) = TcpStream::connect(backend).await else { return };
    // Either side may end it.
    let _ = copy_bidirectional(&mut client, &mut server).await;
}

fn config(authority: &Authority) -> ServerConfig {
    let provider = Arc::new(ring::default_provider());
    let of = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate");
    let mut roots = RootCertStore::empty();
    roots.add(of(authority.pem())).expect("an authority");
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let own = authority.issue("127.0.0.1");
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).expect("a key");
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.expect("versions").with_client_cert_verifier(clients.build().expect("a verifier"));
    builder.with_single_cert(vec![of(&own.certificate)], key).expect("a pair")
}
