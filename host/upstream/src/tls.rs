//! The files of an upstream's TLS: whom the host trusts there, and what it shows. They are read when the upstream is made, and
//! made into another upstream when they change.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use patchbay_core::Digest;
use patchbay_core::secret::warn_if_exposed;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Which they are, as the configuration calls them.
#[derive(Clone, Copy)]
pub(super) struct Files<'a> {
    pub(super) ca_file: Option<&'a Path>,
    pub(super) certificate_file: Option<&'a Path>,
    pub(super) key_file: Option<&'a Path>,
}

/// What the host shows.
pub(super) struct Identity {
    /// Its certificate, and those between that and its authority.
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Files<'_> {
    /// What is trusted beside the system's authorities.
    pub(super) fn roots(self) -> anyhow::Result<Vec<CertificateDer<'static>>> {
        let Some(path) = self.ca_file else { return Ok(Vec::new()) };
        certificates("ca_file", path)
    }

    /// What the host shows, where it shows anything.
    pub(super) fn identity(self) -> anyhow::Result<Option<Identity>> {
        let (certificate, key) = match (self.certificate_file, self.key_file) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => (certificate, key),
            _ => bail!("certificate_file and key_file need each other"),
        };
        warn_if_exposed(key);
        let chain = certificates("certificate_file", certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&read("key_file", key)?).context("key_file")?;
        Ok(Some(Identity { chain, key }))
    }

    /// Tells what is in them now from anything else.
    pub(super) fn digest(self) -> Digest {
        let each = [self.ca_file, self.certificate_file, self.key_file];
        let each = each.map(|file| file.map(digest).unwrap_or_default());
        Digest::of(each.join(" ").as_bytes())
    }
}

fn certificates(key: &str, path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let found = CertificateDer::pem_slice_iter(&read(key, path)?).collect::<Result<Vec<_>, _>>();
    let found = found.with_context(|| key.to_owned())?;
    ensure!(!found.is_empty(), "{key} {} holds no certificate", path.display());
    Ok(found)
}

fn digest(file: &Path) -> String {
    let bytes = fs::read(file);
    bytes.map_or_else(|error| error.to_string(), |bytes| Digest::of(&bytes).as_str().to_owned())
}

fn read(key: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{key} {}", path.display()))
}
