//! The master key and what it protects at rest: api keys as digests, OpenStack passwords and answers as ciphertext.
//!
//! Who may ask for either is decided elsewhere; nothing here knows a table or a request.

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use anyhow::{Context as _, anyhow, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use rand::TryRng as _;
use rand::rngs::SysRng;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::TenantId;
use crate::secret::SecretSource;

const KEY_BYTES: usize = 32;
/// What AES-GCM takes; drawn at random, which is safe for 2^32 sealings under one key.
const NONCE_BYTES: usize = 12;
/// Letters and digits only, so that a key survives shells, URLs and forms. 20 of them hold 119 bits.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What is stored of a secret that need not be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Whether both are of the same secret; takes the same time whatever they hold.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// For the database.
    #[must_use]
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// From the database.
    ///
    /// # Errors
    /// The text is not the base64 of a digest.
    pub fn from_base64(text: &str) -> anyhow::Result<Self> {
        let bytes = STANDARD.decode(text)?;
        Ok(Self(bytes.try_into().map_err(|_| anyhow!("not a digest"))?))
    }
}

/// The key under which a deployment's secrets lie in the database. Losing it means registering every tenant
/// anew.
pub struct MasterKey {
    digests: Hmac<Sha256>,
    passwords: Aes256Gcm,
    answers: Aes256Gcm,
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey")
    }
}

impl MasterKey {
    /// Reads it: the base64 of 32 random bytes, as `openssl rand -base64 32` prints them.
    ///
    /// # Errors
    /// The source cannot be read, or holds anything else.
    pub fn read(source: &SecretSource) -> anyhow::Result<Self> {
        let text = source.read().context("the master key")?;
        // What base64 says about bad input quotes it.
        let bytes =
            STANDARD.decode(text.expose_secret()).map_err(|_| anyhow!("the master key is not base64"))?;
        ensure!(bytes.len() == KEY_BYTES, "the master key has {} bytes, not {KEY_BYTES}", bytes.len());
        Self::new(&bytes)
    }

    fn new(bytes: &[u8]) -> anyhow::Result<Self> {
        let digests = Hmac::new_from_slice(&subkey(bytes, b"patchbay digests v1")?)?;
        let passwords = Aes256Gcm::new_from_slice(&subkey(bytes, b"patchbay passwords v1")?)?;
        let answers = Aes256Gcm::new_from_slice(&subkey(bytes, b"patchbay answers v1")?)?;
        Ok(Self { digests, passwords, answers })
    }

    /// The digest of a secret that belongs to `owner`; the same secret of another owner has another.
    #[must_use]
    pub fn digest(&self, owner: &str, secret: &str) -> Digest {
        let mut mac = self.digests.clone();
        // No owner contains the separator, so no two pairs are the same bytes.
        for part in [owner.as_bytes(), b"\0", secret.as_bytes()] {
            mac.update(part);
        }
        Digest(mac.finalize().into_bytes().into())
    }

    /// Seals a tenant's password: base64 of nonce and ciphertext, readable with the same tenant's id only.
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub fn seal(&self, tenant: TenantId, password: &SecretString) -> anyhow::Result<String> {
        encrypt(&self.passwords, &tenant.to_string(), password.expose_secret().as_bytes())
    }

    /// The password that was sealed for the tenant.
    ///
    /// # Errors
    /// It was sealed for another tenant or under another key, or was changed since.
    pub fn unseal(&self, tenant: TenantId, sealed: &str) -> anyhow::Result<SecretString> {
        let plain = decrypt(&self.passwords, &tenant.to_string(), sealed);
        let plain = plain.with_context(|| format!("the password of {tenant}"))?;
        Ok(SecretString::from(String::from_utf8(plain)?))
    }

    /// Seals an answer, which may hold keys: readable with the same `name` only.
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub fn seal_answer(&self, name: &str, answer: &[u8]) -> anyhow::Result<String> {
        encrypt(&self.answers, name, answer)
    }

    /// The answer that was sealed under this name.
    ///
    /// # Errors
    /// As [`MasterKey::unseal`].
    pub fn unseal_answer(&self, name: &str, sealed: &str) -> anyhow::Result<Vec<u8>> {
        decrypt(&self.answers, name, sealed).context("an answer that was kept")
    }
}

/// Base64 of nonce and ciphertext, bound to the name.
fn encrypt(cipher: &Aes256Gcm, name: &str, plain: &[u8]) -> anyhow::Result<String> {
    let mut sealed = vec![0; NONCE_BYTES];
    SysRng.try_fill_bytes(&mut sealed)?;
    let payload = Payload { msg: plain, aad: name.as_bytes() };
    let ciphertext = cipher.encrypt(&Nonce::try_from(sealed.as_slice())?, payload);
    sealed.extend(ciphertext.map_err(|_| anyhow!("it cannot be sealed"))?);
    Ok(STANDARD.encode(sealed))
}

fn decrypt(cipher: &Aes256Gcm, name: &str, sealed: &str) -> anyhow::Result<Vec<u8>> {
    let sealed = STANDARD.decode(sealed)?;
    let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES).context("it is too short")?;
    let payload = Payload { msg: ciphertext, aad: name.as_bytes() };
    let plain = cipher.decrypt(&Nonce::try_from(nonce)?, payload);
    plain.map_err(|_| anyhow!("it is not sealed under this master key"))
}

/// One key for one purpose: HMAC-SHA256 of its label, the expansion step of HKDF (RFC 5869) for one block.
fn subkey(master: &[u8], label: &[u8]) -> anyhow::Result<[u8; KEY_BYTES]> {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(master)?;
    mac.update(label);
    mac.update(&[1]);
    Ok(mac.finalize().into_bytes().into())
}

/// A secret of `length` letters and digits, each equally likely, from the operating system's generator.
///
/// # Errors
/// The operating system gives no random bytes.
pub fn random_secret(length: usize) -> anyhow::Result<SecretString> {
    // Bytes past the last whole multiple of the alphabet would favour its beginning.
    let fair = u8::MAX - u8::MAX % 62;
    let mut secret = String::with_capacity(length);
    let mut bytes = [0; 64];
    while secret.len() < length {
        SysRng.try_fill_bytes(&mut bytes)?;
        let letters = bytes
            .iter()
            .filter(|byte| **byte < fair)
            .map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        secret.extend(letters.take(length - secret.len()));
    }
    Ok(SecretString::from(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> MasterKey {
        MasterKey::new(&[byte; KEY_BYTES]).unwrap()
    }

    fn tenant(id: &str) -> TenantId {
        id.parse().unwrap()
    }

    #[test]
    fn a_password_comes_back_for_its_tenant_and_key_only() {
        let sealed = key(1).seal(tenant("t-0000000001"), &"swordfish".into()).unwrap();
        assert_eq!(key(1).unseal(tenant("t-0000000001"), &sealed).unwrap().expose_secret(), "swordfish");
        assert!(key(1).unseal(tenant("t-0000000002"), &sealed).is_err());
        assert!(key(2).unseal(tenant("t-0000000001"), &sealed).is_err());
        assert!(key(1).unseal(tenant("t-0000000001"), "AAAA").is_err());
    }

    #[test]
    fn sealing_twice_shows_no_likeness() {
        let seal = || key(1).seal(tenant("t-0000000001"), &"swordfish".into()).unwrap();
        assert_ne!(seal(), seal());
    }

    #[test]
    fn a_digest_depends_on_key_owner_and_secret() {
        let digest = key(1).digest("t-0000000001", "a");
        assert!(digest.matches(&key(1).digest("t-0000000001", "a")));
        assert!(!digest.matches(&key(1).digest("t-0000000001", "b")));
        assert!(!digest.matches(&key(1).digest("t-0000000002", "a")));
        assert!(!digest.matches(&key(2).digest("t-0000000001", "a")));
        assert!(digest.matches(&Digest::from_base64(&digest.to_base64()).unwrap()));
    }

    #[test]
    fn a_random_secret_has_its_length_and_letters() {
        let (one, two) = (random_secret(20).unwrap(), random_secret(20).unwrap());
        assert_eq!(one.expose_secret().len(), 20);
        assert!(one.expose_secret().bytes().all(|letter| letter.is_ascii_alphanumeric()));
        assert_ne!(one.expose_secret(), two.expose_secret());
    }

    #[test]
    fn a_master_key_of_another_length_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, STANDARD.encode([7; 16])).unwrap();
        let error = MasterKey::read(&SecretSource::File(file.path().into())).unwrap_err();
        assert_eq!(error.to_string(), "the master key has 16 bytes, not 32");
    }
}
