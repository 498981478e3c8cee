//! TLS towards a host: whom the command trusts, as whom it appears, and which name the host must bear.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

/// How a command and its host know each other.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct TlsArgs {
    /// The authorities by which the host's certificate is issued (PEM), instead of the system's.
    #[arg(long, global = true, env = "PATCHBAY_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The certificate that is shown to the host, with those between it and its authority (PEM).
    #[arg(long, global = true, env = "PATCHBAY_CERTIFICATE", value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// The private key of that certificate (PEM).
    #[arg(long, global = true, env = "PATCHBAY_KEY", value_name = "FILE")]
    key: Option<PathBuf>,
    /// The name that the host's certificate must bear, where that is not the address'.
    #[arg(long, global = true, env = "PATCHBAY_SERVER_NAME", value_name = "NAME")]
    server_name: Option<String>,
}

impl TlsArgs {
    /// The whole address; one that names no scheme is `https` where anything here is said.
    pub(crate) fn url(&self, endpoint: &str) -> Result<String> {
        if !endpoint.contains("://") {
            return Ok(format!("{}://{endpoint}", if self.is_wanted() { "https" } else { "http" }));
        }
        ensure!(
            !(self.is_wanted() && is_plain(endpoint)),
            "{endpoint} is spoken to without TLS, so --ca, --certificate, --key and --server-name mean nothing there; \
             https://… is meant?"
        );
        Ok(endpoint.to_owned())
    }

    /// What TLS begins with at that address; `None` where there is none.
    pub(crate) fn of(&self, url: &str) -> Result<Option<ClientTlsConfig>> {
        if is_plain(url) {
            return Ok(None);
        }
        let mut tls = ClientTlsConfig::new();
        tls = match &self.ca {
            Some(path) => tls.ca_certificate(Certificate::from_pem(read("--ca", path)?)),
            None => tls.with_native_roots(),
        };
        tls = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => {
                let shown = (read("--certificate", certificate)?, read("--key", key)?);
                tls.identity(Identity::from_pem(shown.0, shown.1))
            }
            (None, None) => tls,
            _ => bail!("--certificate and --key need each other"),
        };
        Ok(Some(match &self.server_name {
            Some(name) => tls.domain_name(name),
            None => tls,
        }))
    }

    fn is_wanted(&self) -> bool {
        let files = [&self.ca, &self.certificate, &self.key];
        files.into_iter().any(Option::is_some) || self.server_name.is_some()
    }
}

fn is_plain(url: &str) -> bool {
    !url.starts_with("https://")
}

fn read(flag: &str, path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{flag} {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::TlsArgs;

    fn named() -> TlsArgs {
        TlsArgs { server_name: Some("host.example".to_owned()), ..TlsArgs::default() }
    }

    #[test]
    fn what_is_said_of_tls_asks_for_it() {
        assert_eq!(TlsArgs::default().url("127.0.0.1:7000").unwrap(), "http://127.0.0.1:7000");
        assert_eq!(named().url("127.0.0.1:7000").unwrap(), "https://127.0.0.1:7000");
        assert_eq!(named().url("https://127.0.0.1:7000").unwrap(), "https://127.0.0.1:7000");
        assert!(named().url("http://127.0.0.1:7000").is_err());
        assert!(TlsArgs::default().of("http://127.0.0.1:7000").unwrap().is_none());
    }

    #[test]
    fn what_is_missing_is_named() {
        let half = TlsArgs { ca: Some("/none".into()), key: Some("/none".into()), ..TlsArgs::default() };
        let refused = format!("{:#}", half.of("https://host").unwrap_err());
        assert!(refused.starts_with("--ca /none"), "{refused}");
        let half = TlsArgs { ca: None, ..half };
        let refused = half.of("https://host").unwrap_err().to_string();
        assert_eq!(refused, "--certificate and --key need each other");
    }
}
