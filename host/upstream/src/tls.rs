//! The files of an upstream's TLS: whom the host trusts there, and what it shows. They are read when the upstream is made, and
//! made into another upstream when they change.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use patchbay_core::Digest;
use patchbay_core::certificate::{Dates, Use, certificates, check_chain};
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
        chain("ca_file", path)
    }

    /// What the host shows, where it shows anything.
    pub(super) fn identity(self) -> anyhow::Result<Option<Identity>> {
        let (certificate, key) = match (self.certificate_file, self.key_file) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => (certificate, key),
            _ => bail!("certificate_file and key_file need each other"),
        };
        warn_if_exposed(key);
        let chain = chain("certificate_file", certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&read("key_file", key)?).context("key_file")?;
        Ok(Some(Identity { chain, key }))
    }

    /// When the certificates begin and end, by the key of their file.
    pub(super) fn dates(self) -> anyhow::Result<Vec<(&'static str, Vec<Dates>)>> {
        let files = [("ca_file", self.ca_file), ("certificate_file", self.certificate_file)];
        let one = |(key, path): (&'static str, &Path)| {
            let certificates = chain(key, path)?;
            let dates = certificates.iter().map(Dates::of).collect::<anyhow::Result<_>>();
            Ok((key, dates.context(key)?))
        };
        files.into_iter().filter_map(|(key, path)| Some((key, path?))).map(one).collect()
    }

    /// Refuses what the host would show that is no chain, is for something else than a client, or is not good now. Of the
    /// authorities that the other side's certificate is held against, one may have ended among others.
    pub(super) fn check(self) -> anyhow::Result<()> {
        self.roots()?;
        self.identity()?;
        let Some(path) = self.certificate_file else { return Ok(()) };
        let chain = chain("certificate_file", path)?;
        let check = || {
            check_chain(&chain, Use::Client)?;
            chain.iter().try_for_each(|one| Dates::of(one)?.check())
        };
        check().context("certificate_file")
    }

    /// Tells what is in them now from anything else.
    pub(super) fn digest(self) -> Digest {
        let each = [self.ca_file, self.certificate_file, self.key_file];
        let each = each.map(|file| file.map(digest).unwrap_or_default());
        Digest::of(each.join(" ").as_bytes())
    }
}

fn chain(key: &str, path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    certificates(&read(key, path)?).with_context(|| format!("{key} {}", path.display()))
}

fn digest(file: &Path) -> String {
    let bytes = fs::read(file);
    bytes.map_or_else(|error| error.to_string(), |bytes| Digest::of(&bytes).as_str().to_owned())
}

fn read(key: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{key} {}", path.display()))
}
