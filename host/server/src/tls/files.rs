//! The files of a port's TLS, read and understood: the key fits, the chain holds together. What is done with them is in
//! `reload` and `mod`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use patchbay_core::Digest;
use patchbay_core::certificate::{Dates, Use, certificates, check_chain};
use patchbay_telemetry::Metrics;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{InconsistentKeys, RootCertStore, ServerConfig};

use super::{ClientAuth, Config};

/// What the files hold.
pub(super) struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Vec<u8>,
}

/// The same, understood.
pub(super) struct Understood {
    /// What a handshake needs.
    pub(super) server: Arc<ServerConfig>,
    certificates: Vec<Dates>,
    authorities: Vec<Dates>,
}

impl Files {
    /// Reads all of them.
    pub(super) fn read(config: &Config) -> anyhow::Result<Self> {
        let read =
            |key: &str, path: &Path| fs::read(path).with_context(|| format!("{key} {}", path.display()));
        Ok(Self {
            certificate: read("certificate_file", &config.certificate_file)?,
            key: read("key_file", &config.key_file)?,
            client_ca: match &config.client_ca_file {
                Some(path) => read("client_ca_file", path)?,
                None => Vec::new(),
            },
        })
    }

    /// Tells what is in them from anything else.
    pub(super) fn digest(&self) -> Digest {
        let each = [&self.certificate, &self.key, &self.client_ca].map(|bytes| Digest::of(bytes));
        Digest::of(each.each_ref().map(Digest::as_str).concat().as_bytes())
    }

    /// What a handshake needs of them, where one of these protocols is to be spoken afterwards.
    pub(super) fn understand(&self, config: &Config, protocols: &[&[u8]]) -> anyhow::Result<Understood> {
        let chain = certificates(&self.certificate).context("certificate_file")?;
        check_chain(&chain, Use::Server).context("certificate_file")?;
        let of = |certificates: &[_]| certificates.iter().map(Dates::of).collect::<anyhow::Result<Vec<_>>>();
        let dates = of(&chain).context("certificate_file")?;
        let (verifier, authorities) = match config.client_auth {
            ClientAuth::None => (WebPkiClientVerifier::no_client_auth(), Vec::new()),
            wanted => {
                let authorities = certificates(&self.client_ca).context("client_ca_file")?;
                let dates = of(&authorities).context("client_ca_file")?;
                (verifier(authorities, wanted).context("client_ca_file")?, dates)
            }
        };
        let key = PrivateKeyDer::from_pem_slice(&self.key).context("key_file holds no private key")?;
        let builder =
            ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let mut server =
            builder.with_client_cert_verifier(verifier).with_single_cert(chain, key).map_err(told)?;
        server.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(Understood { server: Arc::new(server), certificates: dates, authorities })
    }
}

impl Understood {
    /// Refuses a certificate that has ended or has not begun, and authorities of which none is good: one among others may
    /// have ended, for its clients have moved to the next.
    pub(super) fn check_dates(&self) -> anyhow::Result<()> {
        self.certificates.iter().try_for_each(Dates::check).context("certificate_file")?;
        if self.authorities.iter().any(|dates| dates.check().is_ok()) {
            return Ok(());
        }
        self.authorities.iter().try_for_each(Dates::check).context("client_ca_file")
    }

    /// Shows when the first of each file's certificates ends.
    pub(super) fn show(&self, owner: &'static str, metrics: &Metrics) {
        for (file, dates) in [("certificate", &self.certificates), ("client-ca", &self.authorities)] {
            if let Some(end) = dates.iter().map(Dates::end).min() {
                metrics.certificate_end(owner, file, end);
            }
        }
    }

    /// When the first of the port's own certificates ends, for people.
    pub(super) fn end(&self) -> String {
        self.certificates.iter().min_by_key(|dates| dates.end()).map(Dates::told_end).unwrap_or_default()
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Who looks at clients' certificates.
fn verifier(
    authorities: Vec<CertificateDer<'static>>,
    wanted: ClientAuth,
) -> anyhow::Result<Arc<dyn ClientCertVerifier>> {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority)?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    let builder = if wanted == ClientAuth::Optional { builder.allow_unauthenticated() } else { builder };
    Ok(builder.build()?)
}

/// In words that name the files.
fn told(error: rustls::Error) -> anyhow::Error {
    match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            anyhow::anyhow!("the key in key_file is not that of the certificate in certificate_file")
        }
        other => anyhow::Error::new(other).context("key_file"),
    }
}
