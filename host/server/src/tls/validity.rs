//! What is looked at in certificates before they are shown to anybody: their dates, and that each is issued by the next one.
//! Both are answers of the library that verifies them at the other end; nothing is parsed here.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

/// When a certificate begins and ends, in seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dates {
    begin: u64,
    end: u64,
}

impl Dates {
    /// Those of the certificate: what is said of it at the ends of time.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> anyhow::Result<Self> {
        let certificate = EndEntityCert::try_from(certificate).context("a certificate cannot be read")?;
        let at = |second| {
            let time = UnixTime::since_unix_epoch(Duration::from_secs(second));
            // Dates come before everything else, so nothing else need be right.
            certificate.verify_for_usage(&[], &[], &[], time, KeyUsage::server_auth(), None, None).err()
        };
        let begin = match at(0) {
            Some(Error::CertNotValidYet { not_before, .. }) => not_before.as_secs(),
            _ => 0,
        };
        match at(u64::MAX) {
            Some(Error::CertExpired { not_after, .. }) => Ok(Self { begin, end: not_after.as_secs() }),
            other => bail!("a certificate's dates cannot be read: {other:?}"),
        }
    }

    /// Refuses one that is not good now.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let now = UnixTime::now().as_secs();
        ensure!(now >= self.begin, "a certificate begins at {} only", told(self.begin));
        ensure!(now <= self.end, "a certificate ended at {}", told(self.end));
        Ok(())
    }

    /// Its last second.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The same for people.
    pub(super) fn told_end(&self) -> String {
        told(self.end)
    }
}

fn told(second: u64) -> String {
    let moment = i64::try_from(second).ok().and_then(|second| Timestamp::from_second(second).ok());
    moment.map_or_else(|| second.to_string(), |moment| moment.to_string())
}

/// Refuses a chain in which a certificate is not issued by another one of it, but for the last one's issuer, which clients
/// have themselves.
pub(super) fn check_chain(chain: &[CertificateDer<'static>]) -> anyhow::Result<()> {
    let [first, between @ .., last] = chain else { return Ok(()) };
    // At a time at which all of them can be good; how it is today is looked at apart.
    let begins = chain.iter().map(|one| Dates::of(one).map(|dates| dates.begin));
    let begin = begins.collect::<anyhow::Result<Vec<_>>>()?.into_iter().max().unwrap_or_default();
    let begin = UnixTime::since_unix_epoch(Duration::from_secs(begin));
    let algorithms = ring::default_provider().signature_verification_algorithms.all;
    let anchors = [anchor_from_trusted_cert(last)?];
    let usage = KeyUsage::server_auth();
    let certificate = EndEntityCert::try_from(first)?;
    let verified =
        certificate.verify_for_usage(algorithms, &anchors, between, begin, usage, None, None).map(|_| ());
    verified.context("its certificates are no chain, each issued by the next")
}
