//! The files of an upstream's TLS: whom the host trusts there, and what it shows. They are read when the upstream is made, and
//! made into another upstream when they change.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use patchbay_core::Digest;
use patchbay_core::secret::warn_if_exposed;
use reqwest::{Certificate, Identity};

use super::transport::Config;

/// What is trusted beside the system's authorities.
pub(super) fn roots(config: &Config) -> anyhow::Result<Vec<Certificate>> {
    let Some(path) = &config.ca_file else { return Ok(Vec::new()) };
    let roots = Certificate::from_pem_bundle(&read("ca_file", path)?).context("ca_file")?;
    ensure!(!roots.is_empty(), "ca_file {} holds no certificate", path.display());
    Ok(roots)
}

/// What the host shows, where it shows anything.
pub(super) fn identity(config: &Config) -> anyhow::Result<Option<Identity>> {
    let (certificate, key) = match (&config.certificate_file, &config.key_file) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        _ => bail!("certificate_file and key_file need each other"),
    };
    warn_if_exposed(key);
    let pem = [read("key_file", key)?, b"\n".to_vec(), read("certificate_file", certificate)?].concat();
    Identity::from_pem(&pem).context("certificate_file and key_file").map(Some)
}

/// Tells what is in the files now from anything else.
pub(super) fn digest(config: &Config) -> Digest {
    let files = [&config.ca_file, &config.certificate_file, &config.key_file];
    let of = |path: &PathBuf| fs::read(path).map_or_else(|error| error.to_string(), |bytes| said(&bytes));
    let each = files.map(|file| file.as_ref().map(of).unwrap_or_default());
    Digest::of(each.join(" ").as_bytes())
}

fn said(bytes: &[u8]) -> String {
    Digest::of(bytes).as_str().to_owned()
}

fn read(key: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{key} {}", path.display()))
}
