//! Certificates of a test's own: an authority, and what it issues, good or wrong in one way.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};

/// Who issues certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate with its key, both in PEM.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate, with what is between it and its authority.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

impl Authority {
    /// A new one, known by nobody.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let (params, key) = (authority(name), KeyPair::generate().expect("a key"));
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Another one that this one has issued: what it issues bears it along.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn below(&self, name: &str) -> Self {
        let (params, key) = (authority(name), KeyPair::generate().expect("a key"));
        let pem = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Its own certificate, in PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate of this name or address.
    #[must_use]
    pub fn issue(&self, name: &str) -> Issued {
        self.issue_with(name, |_| {})
    }

    /// One that has ended.
    #[must_use]
    pub fn issue_ended(&self, name: &str) -> Issued {
        self.issue_with(name, |params| {
            (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        })
    }

    /// One that has not begun.
    #[must_use]
    pub fn issue_early(&self, name: &str) -> Issued {
        self.issue_with(name, |params| params.not_before = date_time_ymd(2999, 1, 1))
    }

    /// One that is for clients alone.
    #[must_use]
    pub fn issue_for_clients(&self, name: &str) -> Issued {
        self.issue_with(name, |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth])
    }

    fn issue_with(&self, name: &str, edit: impl FnOnce(&mut CertificateParams)) -> Issued {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.distinguished_name = called(name);
        edit(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Issued { certificate, key: key.serialize_pem() }
    }
}

impl Issued {
    /// With a certificate between it and its authority.
    #[must_use]
    pub fn by_way_of(self, between: &Authority) -> Self {
        Self { certificate: format!("{}{}", self.certificate, between.pem()), ..self }
    }

    /// Writes both into a directory as NAME.pem and NAME.key, each file whole at once, the key for its owner alone.
    ///
    /// # Panics
    /// If a file cannot be written.
    pub fn write(&self, directory: &Path, name: &str) {
        put(&directory.join(format!("{name}.key")), &self.key);
        put(&directory.join(format!("{name}.pem")), &self.certificate);
    }
}

/// Puts a text in the place of a file at once, for its owner alone.
///
/// # Panics
/// If it cannot be written.
pub fn put(file: &Path, text: &str) -> PathBuf {
    let beside = file.with_extension("new");
    fs::write(&beside, text).expect("a file");
    fs::set_permissions(&beside, Permissions::from_mode(0o600)).expect("a file of its own");
    fs::rename(&beside, file).expect("its place");
    file.to_owned()
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = called(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}
