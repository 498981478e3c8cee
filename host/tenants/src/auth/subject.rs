//! The subject of a certificate, as RFC 4514 writes it: `CN=alice,O=Example`. Whether the certificate is good is found out in
//! the handshake; nothing of that is looked at here.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::name::Name;

/// Who a client is by its certificate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject(Arc<str>);

impl Subject {
    /// That of a certificate in DER.
    ///
    /// # Errors
    /// The certificate cannot be read, or its subject is empty.
    pub fn of_certificate(der: &[u8]) -> anyhow::Result<Self> {
        let certificate = Certificate::from_der(der).context("a client's certificate")?;
        Self::of(certificate.tbs_certificate().subject())
    }

    /// As somebody has written it.
    ///
    /// # Errors
    /// It is not written as RFC 4514 says, or is empty.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let name: Name = text.parse().ok().with_context(|| {
            format!(
                "{text:?} is not written as RFC 4514 says; \
                 openssl x509 -noout -subject -nameopt RFC2253 -in FILE prints it so"
            )
        })?;
        Self::of(&name)
    }

    /// Written in one way only, whatever kind of string each of its values is.
    fn of(name: &Name) -> anyhow::Result<Self> {
        ensure!(!name.is_empty(), "a certificate's subject is empty");
        Ok(Self(name.to_string().into()))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        Subject::parse(text).map_or_else(|error| error.to_string(), |subject| subject.to_string())
    }

    #[test]
    fn what_is_written_comes_back() {
        for text in ["CN=alice", "CN=alice,DC=example", r"CN=Smith\, Al,O=A\+B"] {
            assert_eq!(told(text), text);
        }
    }

    #[test]
    fn a_value_cannot_look_like_more_of_the_name() {
        assert_ne!(
            Subject::parse(r"CN=alice\,O\=Example").unwrap(),
            Subject::parse("CN=alice,O=Example").unwrap()
        );
    }

    #[test]
    fn what_is_no_name_is_told_with_the_way_to_print_one() {
        assert!(told("alice").contains("-nameopt RFC2253"), "{}", told("alice"));
        assert!(told("CN = alice, O = Example").contains("-nameopt RFC2253"));
        assert!(Subject::parse("").is_err());
    }
}
