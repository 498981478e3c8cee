//! Work that goes on after the call that began it was answered, and the registration of tenants.
//!
//! A plugin's ticket says what comes next, and only the plugin reads it. The rows are in `store`. May use: plugins, the
//! database and what hosts share in it, tenants. Must never live here: a request of the platform, and what a backend's answer
//! means.
#![forbid(unsafe_code)]

mod adopt;
mod backoff;
mod carry;
mod config;
mod ongoing;
mod placements;
mod progress;
mod prune;
mod query;
pub mod registrar;
mod retry;
mod runner;
mod services;
mod store;
mod watch;

use patchbay_core::error::{Error, Kind};
use patchbay_core::{OperationId, TenantId};
use patchbay_database::now_ms;
use patchbay_durable::journal::OrphanedResource;

pub use self::config::Config;
pub use self::retry::First;
pub use self::runner::{Runner, Settled, Started, Work};
pub use self::store::{Filter, Free, Operations, Unwritten};
pub use self::watch::Watch;

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The plugin was called and has not answered with a ticket yet.
    Beginning,
    /// There is a ticket to poll.
    Running,
    /// It failed, and what it made is being undone.
    Abandoning,
    /// It reached its end.
    Done,
    /// It failed, and nothing more will be done about it.
    Failed,
}

impl State {
    /// All of them, in the order in which an operation may pass through them.
    pub const ALL: [Self; 5] = [Self::Beginning, Self::Running, Self::Abandoning, Self::Done, Self::Failed];

    /// The word for it in the database and towards the platform.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Beginning => "beginning",
            Self::Running => "running",
            Self::Abandoning => "abandoning",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Whether it is [`State::Done`] or [`State::Failed`], and stays so.
    #[must_use]
    pub fn ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What is kept of an error: the platform may read all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it was.
    pub kind: Kind,
    /// The sentence for the platform.
    pub message: String,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self { kind: error.kind(), message: error.message().to_owned() }
    }
}

/// Where an operation comes from; never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The platform's user; may be empty.
    pub user_id: String,
    /// The domain whose plugin does it, as "compute".
    pub domain: String,
    /// The region of the plugin that does it.
    pub region: String,
    /// As "instance.InstanceService/CreateInstance".
    pub method: String,
    /// The call that began it.
    pub request_id: String,
    /// The plugin that began it.
    pub plugin: String,
    /// The digest of that plugin's generation.
    pub digest: String,
}

/// One operation, as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its id, with which the plugin marks what it makes.
    pub id: OperationId,
    /// Where it comes from.
    pub origin: Origin,
    /// What it is about, as soon as that has an id.
    pub resource_id: Option<String>,
    /// For the next poll.
    pub ticket: Option<String>,
    /// How far it is.
    pub state: State,
    /// The plugin's word for the step; empty at the beginning.
    pub step: String,
    /// 0 to 100, where known.
    pub percent: Option<u8>,
    /// Why it failed; from [`State::Abandoning`] on.
    pub failure: Option<Failure>,
    /// RFC 3339: the backend's own time of the end, or else when the host saw it.
    pub finished_at: Option<String>,
    /// What the platform is told beside the success.
    pub message: Option<String>,
    /// Whether the tenant wants it given up.
    pub cancel_requested: bool,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub created_at: i64,
    /// When its row last changed, likewise.
    pub updated_at: i64,
    /// What it made and could not undo, where it failed.
    pub leftovers: Vec<OrphanedResource>,
    /// Whether it failed and left nothing, known or not.
    pub undone: bool,
}

impl Operation {
    /// One that begins now.
    fn new(origin: Origin) -> Self {
        let now = now_ms();
        Self {
            id: OperationId::draw(),
            origin,
            resource_id: None,
            ticket: None,
            state: State::Beginning,
            step: String::new(),
            percent: None,
            failure: None,
            finished_at: None,
            message: None,
            cancel_requested: false,
            created_at: now,
            updated_at: now,
            leftovers: Vec::new(),
            undone: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_has_its_word() {
        assert_eq!(State::from_word("abandoning"), Some(State::Abandoning));
        assert_eq!(State::from_word("lost"), None);
    }
}
