//! Operators of a test's own, in the file that the configuration names.

use std::path::PathBuf;

use patchbay_core::Digest;
use tempfile::TempDir;

use crate::pki::put;

/// The file, in a directory of its own.
pub struct OperatorsFile {
    directory: TempDir,
}

impl OperatorsFile {
    /// With these operators: name, role, and more lines.
    ///
    /// # Panics
    /// If it cannot be written.
    #[must_use]
    pub fn new(operators: &[(&str, &str, &str)]) -> Self {
        let file = Self { directory: TempDir::new().expect("a directory") };
        file.write(operators);
        file
    }

    /// With others.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, operators: &[(&str, &str, &str)]) {
        let tables =
            operators.iter().map(|(name, role, more)| format!("[{name}]\nrole = {role:?}\n{more}\n"));
        put(&self.path(), &tables.collect::<String>());
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("operators.toml")
    }

    /// The configuration's key.
    #[must_use]
    pub fn toml(&self) -> String {
        format!("auth.operators_file = {:?}\n", self.path())
    }
}

/// The line with the digest of a token.
#[must_use]
pub fn token_line(tokens: &[&str]) -> String {
    let digests: Vec<_> =
        tokens.iter().map(|token| Digest::of(token.as_bytes()).as_str().to_owned()).collect();
    format!("token_sha256 = {digests:?}")
}
