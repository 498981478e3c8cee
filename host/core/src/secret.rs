//! Where a secret comes from: a file or the environment, never the configuration itself.
//!
//! What the secret is for, and what it must look like, is the business of the module that owns it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

/// `{ file = "path" }` or `{ env = "NAME" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "secret")]
pub enum SecretSource {
    /// A file's contents; surrounding white space, as the last newline, is not part of it.
    File(PathBuf),
    /// An environment variable's value, likewise trimmed.
    Env(String),
}

impl SecretSource {
    /// Reads it, anew at each call.
    ///
    /// # Errors
    /// The file or variable is missing, not UTF-8, or empty. The error names the source and shows nothing of
    /// the secret.
    pub fn read(&self) -> anyhow::Result<SecretString> {
        let (name, text) = match self {
            Self::File(path) => {
                let name = format!("secret file {}", path.display());
                warn_if_exposed(path);
                let text = std::fs::read_to_string(path).with_context(|| name.clone())?;
                (name, text)
            }
            Self::Env(variable) => {
                let name = format!("environment variable {variable}");
                // `VarError`'s own text would print a value that is not UTF-8.
                let text = std::env::var_os(variable).with_context(|| format!("{name} is not set"))?;
                let text = text.into_string().ok().with_context(|| format!("{name} is not UTF-8"))?;
                (name, text)
            }
        };
        ensure!(!text.trim().is_empty(), "{name} is empty");
        Ok(SecretString::from(text.trim()))
    }
}

/// What those may who are neither the file's owner nor of its group.
const OTHERS: u32 = 0o007;

/// Tells the operator of a secret that everybody on the machine can read. Its group's members may: that is how secrets are
/// lent to a service.
pub fn warn_if_exposed(path: &Path) {
    if is_exposed(path) {
        tracing::warn!(file = %path.display(), "others can read this secret: chmod o= would keep it from them");
    }
}

fn is_exposed(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| about.permissions().mode() & OTHERS != 0)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_file_is_read_without_its_last_newline() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"swordfish\n").unwrap();
        let source: SecretSource = toml::from_str(&format!("file = {:?}", file.path())).unwrap();
        assert_eq!(source.read().unwrap().expose_secret(), "swordfish");
    }

    #[test]
    fn a_secret_is_exposed_where_others_may_do_anything() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (mode, exposed) in [(0o600, false), (0o640, false), (0o644, true), (0o602, true)] {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_exposed(file.path()), exposed, "{mode:o}");
        }
        assert!(!is_exposed(Path::new("/none")));
    }

    #[test]
    fn what_is_missing_or_empty_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = SecretSource::File(file.path().into()).read().unwrap_err();
        assert!(error.to_string().ends_with("is empty"), "{error}");
        let source: SecretSource = toml::from_str(r#"env = "PATCHBAY_TEST_UNSET""#).unwrap();
        assert_eq!(
            source.read().unwrap_err().to_string(),
            "environment variable PATCHBAY_TEST_UNSET is not set"
        );
    }

    #[test]
    fn a_secret_in_the_configuration_itself_is_refused() {
        assert!(toml::from_str::<SecretSource>(r#"value = "swordfish""#).is_err());
        assert!(toml::from_str::<SecretSource>("file = \"a\"\nenv = \"B\"").is_err());
    }
}
