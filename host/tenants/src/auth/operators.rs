//! The operators by name, from a file that is read anew while the host runs. A token is in it as its SHA-256 only, which is
//! enough because tokens are drawn at random; a client's certificate by its subject. What a role allows is in `scope`, when the
//! file is looked at is the server's business.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, ensure};
use arc_swap::ArcSwap;
use patchbay_core::Digest;
use serde::Deserialize;

use super::OPERATOR;
use super::scope::Role;
use super::subject::Subject;

/// The longest name of an operator, for the log and the audit trail.
const NAME_CHARS_MAX: usize = 64;
/// What is shorter is no token: it could be found by trying.
pub const TOKEN_CHARS_MIN: usize = 32;
/// SHA-256 in hexadecimal.
const DIGEST_CHARS: usize = 64;
/// Who may write to a file beside its owner and its group.
const OTHERS_WRITE: u32 = 0o002;

/// One operator of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    role: Role,
    /// Several, so that a new one can be brought into use before the old one goes.
    #[serde(default)]
    token_sha256: Several,
    #[serde(default)]
    certificate_subject: Several,
}

/// One, or a list of them. What is neither is not quoted by the parser: it may be a token that is at the wrong place.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Several {
    One(String),
    Many(Vec<String>),
}

impl Default for Several {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl From<Several> for Vec<String> {
    fn from(several: Several) -> Self {
        match several {
            Several::One(one) => vec![one],
            Several::Many(many) => many,
        }
    }
}

/// Who an operator is. What that proves is in `permit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub(super) name: Arc<str>,
    pub(super) role: Role,
}

impl Identity {
    /// The one whose token is in the configuration itself.
    pub(super) fn of_configuration() -> Self {
        Self { name: OPERATOR.into(), role: Role::Admin }
    }

    /// What the operator is called.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }
}

/// All of them, by what they show.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    tokens: HashMap<String, Identity>,
    subjects: HashMap<Subject, Identity>,
}

/// The file, and what it said last.
#[derive(Debug)]
pub struct Operators {
    file: Option<PathBuf>,
    table: ArcSwap<Table>,
}

impl Operators {
    /// Reads the file, if there is one.
    ///
    /// # Errors
    /// It cannot be read, or does not hold together.
    pub fn open(file: Option<PathBuf>) -> anyhow::Result<Self> {
        let table = file.as_deref().map(Table::read).transpose()?.unwrap_or_default();
        Ok(Self { file, table: ArcSwap::from_pointee(table) })
    }

    /// Where they are written.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads the file anew; how many operators hold from now on, where that is anything new.
    ///
    /// # Errors
    /// As [`Operators::open`]; then those before hold.
    pub fn reload(&self) -> anyhow::Result<Option<usize>> {
        let Some(file) = &self.file else { return Ok(None) };
        let table = Table::read(file)?;
        if *self.table.load_full() == table {
            return Ok(None);
        }
        let told = table.len();
        self.table.store(Arc::new(table));
        Ok(Some(told))
    }

    pub(super) fn by_token(&self, token: &str) -> Option<Identity> {
        if token.len() < TOKEN_CHARS_MIN {
            return None;
        }
        self.table.load().tokens.get(Digest::of(token.as_bytes()).as_str()).cloned()
    }

    pub(super) fn by_subject(&self, subject: &Subject) -> Option<Identity> {
        self.table.load().subjects.get(subject).cloned()
    }
}

impl Table {
    fn read(file: &Path) -> anyhow::Result<Self> {
        let about = || format!("auth.operators_file {}", file.display());
        let mode = fs::metadata(file).with_context(about)?.permissions().mode();
        ensure!(mode & OTHERS_WRITE == 0, "{}: everybody on the machine can write to it", about());
        Self::parse(&fs::read_to_string(file).with_context(about)?).with_context(about)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let entries: Result<BTreeMap<String, Entry>, _> = toml::from_str(text);
        // Without the line itself, which the library shows: see above.
        let entries = entries.map_err(|error| anyhow!("{}", error.message()))?;
        let mut table = Self::default();
        for (name, entry) in entries {
            table.add(&name, entry).with_context(|| format!("operator {name:?}"))?;
        }
        Ok(table)
    }

    fn add(&mut self, name: &str, entry: Entry) -> anyhow::Result<()> {
        check_name(name)?;
        let (role, digests) = (entry.role, Vec::from(entry.token_sha256));
        let subjects = Vec::from(entry.certificate_subject);
        ensure!(!(digests.is_empty() && subjects.is_empty()), "it needs token_sha256 or certificate_subject");
        let identity = Identity { name: name.into(), role };
        for digest in digests {
            check_digest(&digest)?;
            let before = self.tokens.insert(digest.to_ascii_lowercase(), identity.clone());
            ensure!(before.is_none(), "a token_sha256 is there twice");
        }
        for subject in subjects {
            let before = self.subjects.insert(Subject::parse(&subject)?, identity.clone());
            ensure!(before.is_none(), "certificate_subject {subject:?} is there twice");
        }
        Ok(())
    }

    fn len(&self) -> usize {
        let all = self.tokens.values().chain(self.subjects.values());
        all.map(|identity| &identity.name).collect::<std::collections::HashSet<_>>().len()
    }
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    ensure!(
        (1..=NAME_CHARS_MAX).contains(&name.len()) && name.chars().all(plain),
        "a name is 1 to {NAME_CHARS_MAX} letters, digits and . _ - @"
    );
    ensure!(name != OPERATOR, "the name is that of whoever has auth.operator_token");
    Ok(())
}

fn check_digest(digest: &str) -> anyhow::Result<()> {
    let hex = digest.len() == DIGEST_CHARS && digest.chars().all(|c| c.is_ascii_hexdigit());
    // Not shown: it may be the token itself.
    ensure!(
        hex,
        "a token_sha256 is not 64 hexadecimal digits; `patchbay operator token` prints one with its token"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn refusal(text: &str) -> String {
        format!("{:#}", Table::parse(text).unwrap_err())
    }

    #[test]
    fn an_operator_is_found_by_each_of_its_tokens_and_by_its_subject() {
        let (one, two) = (Digest::of(TOKEN.as_bytes()), Digest::of(b"another"));
        let text = format!(
            "[alice]\nrole = 'tenant-admin'\ntoken_sha256 = ['{}', '{}']\ncertificate_subject = ['CN=alice']",
            one.as_str(),
            two.as_str().to_uppercase()
        );
        let table = Table::parse(&text).unwrap();
        assert_eq!((table.tokens.len(), table.subjects.len(), table.len()), (2, 1, 1));
        assert!(table.tokens.contains_key(two.as_str()));
        let operators = Operators { file: None, table: ArcSwap::from_pointee(table) };
        let found = operators.by_token(TOKEN).unwrap();
        assert_eq!((&*found.name, found.role), ("alice", Role::TenantAdmin));
        assert_eq!(operators.by_subject(&Subject::parse("CN=alice").unwrap()), Some(found));
        assert_eq!(operators.by_token("another"), None, "too short to be one");
    }

    #[test]
    fn what_does_not_hold_together_is_named() {
        let digest = Digest::of(b"");
        let digest = digest.as_str();
        for (text, told) in [
            ("[a]\nrole = 'root'\ncertificate_subject = ['CN=a']".to_owned(), "unknown variant `root`"),
            ("[a]\nrole = 'admin'".to_owned(), "it needs token_sha256 or"),
            ("[a]\nrole = 'admin'\ntoken = 'x'".to_owned(), "unknown field `token`"),
            ("[a]\nrole = 'admin'\ntoken_sha256 = ['swordfish']".to_owned(), "64 hexadecimal"),
            ("[a]\nrole = 'admin'\ntoken_sha256 = 'swordfish'".to_owned(), "64 hexadecimal"),
            ("[a]\nrole = 'admin'\ntoken_sha256 = { a = 'swordfish' }".to_owned(), "did not match"),
            ("[a]\nrole = 'admin'\npassword = 'swordfish'".to_owned(), "unknown field `password`"),
            ("[operator]\nrole = 'admin'\ncertificate_subject = ['CN=a']".to_owned(), "auth.operator_token"),
            ("['a b']\nrole = 'admin'\ncertificate_subject = ['CN=a']".to_owned(), "a name is"),
            (
                format!(
                    "[a]\nrole = 'admin'\ntoken_sha256 = ['{digest}']\n[b]\nrole = 'viewer'\ntoken_sha256 = ['{digest}']"
                ),
                "there twice",
            ),
        ] {
            let refusal = refusal(&text);
            assert!(refusal.contains(told), "{text}: {refusal}");
            assert!(!refusal.contains("swordfish"), "{refusal}");
        }
    }
}
