//! One line of the audit trail: who asked for what, on what, from where, and what came of it. No secret is ever a part of it:
//! neither keys and tokens nor what a request holds beside the names of things.

use patchbay_core::text;
use serde::Serialize;

/// Bytes of one text that are kept.
const TEXT_BYTES_MAX: usize = 512;
/// Things that one line names.
const NAMED_MAX: usize = 32;

/// What kind of line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Somebody who may asked for a change.
    Change,
    /// A credential was refused, or does not allow what was asked for.
    Refusal,
    /// Something happened to a plugin.
    Event,
}

/// Who it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// A tenant, by its id.
    Tenant,
    /// An operator, by name.
    Operator,
    /// The host itself.
    Host,
    /// Whoever proved nothing; the name is what it claimed, where that can be one.
    Nobody,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Counts up; 0 while it is not written.
    #[serde(skip)]
    pub number: i64,
    /// When it was asked for, or happened: milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// What kind of line it is.
    pub kind: Kind,
    /// Who.
    pub actor: Actor,
    /// The same by id or name; may be empty.
    pub name: String,
    /// The user on whose behalf a tenant called; may be empty.
    pub user_id: String,
    /// The address that it came from; empty for what happened inside.
    pub peer: String,
    /// What was asked for, as "vpc.VpcService/CreateVpc"; for an event what happened, as "activated".
    pub action: String,
    /// On what: ids, and names of an operator's request as "name=value".
    pub named: Vec<String>,
    /// "ok", the kind of the failure, or "given-up" where nobody was left to answer.
    pub outcome: String,
    /// The sentence that was answered, or that tells the event; may be empty.
    pub message: String,
    /// The call's id; may be empty.
    pub request_id: String,
    /// The operation's id; may be empty.
    pub operation_id: String,
    /// Who answered, or whom the event is about; may be empty.
    pub plugin: String,
    /// The digest of its file, or the beginning of that.
    pub digest: String,
}

impl Record {
    /// The same within the bounds of a line, and without characters that steer: some of it is what strangers wrote.
    #[must_use]
    pub(super) fn bounded(mut self) -> Self {
        self.named.truncate(NAMED_MAX);
        let texts = [&mut self.name, &mut self.user_id, &mut self.action, &mut self.message];
        for told in texts.into_iter().chain(&mut self.named) {
            *told = text::sanitized(told, TEXT_BYTES_MAX);
        }
        self
    }
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Change, Self::Refusal, Self::Event];

    /// The word for it in the database and outside.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Refusal => "refusal",
            Self::Event => "event",
        }
    }

    /// The kind that the word means.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl Actor {
    const ALL: [Self; 4] = [Self::Tenant, Self::Operator, Self::Host, Self::Nobody];

    /// The word for it in the database and outside.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Operator => "operator",
            Self::Host => "host",
            Self::Nobody => "nobody",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|actor| actor.as_str() == word)
    }
}
