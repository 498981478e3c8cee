//! Requests that must not be done twice: the same `idempotency-key` with the same request gets the first answer, or waits
//! for the same operation while there is none.
//!
//! A key is held by the transaction that writes down what it stands for, so that a crash leaves both or neither. Which
//! calls take a key is `grpc`'s affair, when a failed operation gives its key back `operation`'s.

mod store;

use std::fmt;

use patchbay_core::error::Error;
use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

pub use self::store::{Earlier, Idempotency};

/// The longest key, in bytes.
const KEY_BYTES_MAX: usize = 255;

/// How long keys are kept.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How long a request is recognised when it is sent again, counted while a host runs; at most `operation.kept_ms`.
    pub kept_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { kept_ms: 24 * 3_600_000 }
    }
}

/// A request with its key.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    key: String,
    fingerprint: String,
}

impl IdempotencyKey {
    /// `key` as it was sent; `method` and `request` tell one request from another, and must hold no credential that may
    /// change between two attempts.
    ///
    /// # Errors
    /// [`patchbay_core::error::Kind::Invalid`]: the key is empty, longer than 255 bytes, or not visible ASCII.
    pub fn new(key: &[u8], method: &str, request: &[u8]) -> Result<Self, Error> {
        let key = std::str::from_utf8(key).ok().filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic()));
        let key = key.filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len())).ok_or_else(|| {
            Error::invalid(format!("idempotency-key must be 1 to {KEY_BYTES_MAX} visible ASCII characters."))
        })?;
        let mut digest = Sha256::new();
        for part in [method.as_bytes(), b"\0", request] {
            digest.update(part);
        }
        let fingerprint = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { key: key.to_owned(), fingerprint })
    }
}

impl fmt::Debug for IdempotencyKey {
    /// Its key alone: the request may hold anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdempotencyKey({:?})", self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_core::error::Kind;

    #[test]
    fn a_key_is_visible_and_bounded() {
        assert!(IdempotencyKey::new(&[b'k'; KEY_BYTES_MAX], "m", b"").is_ok());
        for wrong in [&b""[..], b"a b", "schlüssel".as_bytes(), &[b'k'; KEY_BYTES_MAX + 1]] {
            let error = IdempotencyKey::new(wrong, "m", b"").unwrap_err();
            assert_eq!(error.kind(), Kind::Invalid);
            assert!(error.message().starts_with("idempotency-key "), "{error}");
        }
    }

    #[test]
    fn another_method_or_request_is_another() {
        let once = |method, request: &[u8]| IdempotencyKey::new(b"k", method, request).unwrap();
        assert!(once("a", b"b") == once("a", b"b"));
        for other in [once("a", b"c"), once("c", b"b"), once("ab", b"")] {
            assert!(once("a", b"b") != other);
        }
    }
}
