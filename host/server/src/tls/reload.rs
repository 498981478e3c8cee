//! What happens when a file of a port's TLS changes: what it holds is looked at whole, and serves new connections from then
//! on; or it is broken, and what served goes on serving. Connections that are open keep what they began with.

use std::path::PathBuf;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use patchbay_core::Digest;
use patchbay_core::secret::warn_if_exposed;
use patchbay_rollout::{EventKind, Watched};

use super::Tls;
use super::files::Files;

/// How long the second of two files may take to follow the first before they are taken for a broken pair.
const PAIR_WAIT: Duration = Duration::from_secs(1);

/// How the files were found last, so that the same is not told again.
pub(super) struct Last {
    applied: Digest,
    refused: Option<String>,
}

impl Last {
    pub(super) fn applied(digest: Digest) -> Self {
        Self { applied: digest, refused: None }
    }
}

impl Tls {
    /// What came of files that are others than before, in a sentence.
    fn apply(&self) -> anyhow::Result<Option<String>> {
        let files = Files::read(&self.config)?;
        let digest = files.digest();
        if self.last().applied == digest {
            return Ok(None);
        }
        let understood = files.understand(&self.config, &[self.protocol])?;
        understood.check_dates()?;
        warn_if_exposed(&self.config.key_file);
        understood.show(self.owner, &self.metrics);
        let told = format!("{}.tls: new certificates serve, until {}", self.owner, understood.end());
        self.serving.store(understood.server);
        *self.last() = Last::applied(digest);
        Ok(Some(told))
    }

    /// The same of files that have had time to become a pair, where they are none: one is renamed after the other.
    #[expect(clippy::disallowed_methods, reason = "on a thread that does nothing but look at files")]
    fn applied(&self) -> anyhow::Result<Option<String>> {
        self.apply().or_else(|error| {
            if self.last().refused.as_ref().is_some_and(|told| told.ends_with(&format!("{error:#}"))) {
                return Err(error);
            }
            std::thread::sleep(PAIR_WAIT);
            self.apply()
        })
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched for Tls {
    fn files(&self) -> Vec<PathBuf> {
        let config = &self.config;
        let own = [&config.certificate_file, &config.key_file];
        own.into_iter().chain(&config.client_ca_file).cloned().collect()
    }

    fn look(&self) -> Option<(EventKind, String)> {
        let refused = match self.applied() {
            Ok(Some(told)) => {
                tracing::warn!("{told}");
                self.metrics.certificates_read(self.owner, "applied");
                return Some((EventKind::CertificateApplied, told));
            }
            Ok(None) => None,
            Err(error) => Some(format!("{}.tls: what served goes on serving: {error:#}", self.owner)),
        };
        let before = std::mem::replace(&mut self.last().refused, refused.clone());
        let told = refused.filter(|refused| before.as_ref() != Some(refused))?;
        tracing::error!("{told}");
        self.metrics.certificates_read(self.owner, "refused");
        Some((EventKind::CertificateRefused, told))
    }
}
