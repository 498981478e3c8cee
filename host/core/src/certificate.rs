//! What is looked at in certificates before they are shown to anybody or trusted: their dates, what they are for, and that each
//! is issued by the next one. All are answers of the library that verifies them at the other end; nothing is parsed here.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

/// Whom a certificate proves its bearer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// To clients: it is a server's.
    Server,
    /// To servers: it is a client's.
    Client,
}

impl Use {
    fn usage(self) -> KeyUsage {
        match self {
            Self::Server => KeyUsage::server_auth(),
            Self::Client => KeyUsage::client_auth(),
        }
    }
}

/// The certificates of a file in PEM.
///
/// # Errors
/// There is none, or one that is damaged.
pub fn certificates(pem: &[u8]) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>()?;
    ensure!(!certificates.is_empty(), "it holds no certificate");
    Ok(certificates)
}

/// When a certificate begins and ends, in seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Dates {
    begin: u64,
    end: u64,
}

impl Dates {
    /// Those of the certificate: what is said of it at the ends of time.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(certificate: &CertificateDer<'_>) -> anyhow::Result<Self> {
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
    ///
    /// # Errors
    /// It has ended or has not begun; the error says when.
    pub fn check(&self) -> anyhow::Result<()> {
        let now = UnixTime::now().as_secs();
        ensure!(now >= self.begin, "a certificate begins at {} only", told(self.begin));
        ensure!(now <= self.end, "a certificate ended at {}", told(self.end));
        Ok(())
    }

    /// Its last second, since 1970.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The same for people.
    #[must_use]
    pub fn told_end(&self) -> String {
        told(self.end)
    }
}

fn told(second: u64) -> String {
    let moment = i64::try_from(second).ok().and_then(|second| Timestamp::from_second(second).ok());
    moment.map_or_else(|| second.to_string(), |moment| moment.to_string())
}

/// Refuses a chain whose first certificate is for something else, or in which one is not issued by another one of it, but for
/// the last one's issuer, which the other side has itself.
///
/// # Errors
/// See above.
pub fn check_chain(chain: &[CertificateDer<'static>], of: Use) -> anyhow::Result<()> {
    // At a time at which all of them can be good; how it is today is looked at apart.
    let begins = chain.iter().map(|one| Dates::of(one).map(|dates| dates.begin));
    let begin = begins.collect::<anyhow::Result<Vec<_>>>()?.into_iter().max().unwrap_or_default();
    match chain {
        [] => Ok(()),
        // Its issuer is not here, and nobody knows what else the other side minds.
        [only] => match verify(&EndEntityCert::try_from(only)?, &[], &[], (begin, of)) {
            Err(error @ Error::RequiredEkuNotFoundContext(_)) => {
                Err(error).context("its certificate is for something else")
            }
            _ => Ok(()),
        },
        [first, between @ .., last] => {
            let anchors = [anchor_from_trusted_cert(last)?];
            let verified = verify(&EndEntityCert::try_from(first)?, &anchors, between, (begin, of));
            verified.context("its certificates are no chain, each issued by the next")
        }
    }
}

fn verify(
    certificate: &EndEntityCert<'_>,
    anchors: &[TrustAnchor<'_>],
    between: &[CertificateDer<'_>],
    (second, of): (u64, Use),
) -> Result<(), Error> {
    let (algorithms, usage) = (ALL_VERIFICATION_ALGS, of.usage());
    let time = UnixTime::since_unix_epoch(Duration::from_secs(second));
    certificate.verify_for_usage(algorithms, anchors, between, time, usage, None, None).map(|_| ())
}
