//! What goes wrong with a backend call. Each time the backend has done what it was asked for, but for [`Fault::Error`].

use cloudsim::Effect;
use serde_json::json;

use crate::site::{MEMORY_BYTES_MAX, Patience};

/// Longer than the proof takes: an answer that does not come.
const NEVER_MS: u64 = 3_600_000;

/// One kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The backend answers 500.
    Error,
    /// The connection ends instead of an answer.
    Reset,
    /// The answer comes when nobody waits for it any more.
    Timeout,
    /// The answer is larger than the plugin's memory.
    Trap,
    /// The host is killed before the answer.
    Kill,
    /// The plugin is replaced before the answer, and its time to drain is over.
    Swap,
    /// Of two hosts on one database, the one that was asked is killed at some moment; the other one goes on.
    Takeover,
}

impl Fault {
    /// All of them, in the order of the table.
    pub(crate) const ALL: [Self; 7] =
        [Self::Error, Self::Reset, Self::Timeout, Self::Trap, Self::Kill, Self::Swap, Self::Takeover];
    /// Those of one call, which leave the rest alone.
    pub(crate) const PASSING: [Self; 4] = [Self::Error, Self::Reset, Self::Timeout, Self::Trap];
    /// Those that strike all calls that wait for their answers.
    pub(crate) const STRIKES: [Self; 2] = [Self::Kill, Self::Swap];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "backend error",
            Self::Reset => "connection reset",
            Self::Timeout => "timeout",
            Self::Trap => "guest trap",
            Self::Kill => "SIGKILL",
            Self::Swap => "plugin swap",
            Self::Takeover => "one of two hosts killed",
        }
    }

    /// What the backend does with one call; `None` where it is the moment that counts.
    pub(crate) fn effect(self) -> Option<Effect> {
        Some(match self {
            Self::Error => Effect::Status { status: 500, body: json!({}), headers: [].into() },
            Self::Reset => Effect::CloseAfter,
            Self::Timeout => Effect::Late { delay_ms: 2 * Patience::Short.ms() },
            Self::Trap => Effect::Padded { bytes: MEMORY_BYTES_MAX },
            Self::Kill | Self::Swap => Effect::Late { delay_ms: NEVER_MS },
            Self::Takeover => return None,
        })
    }

    /// The reason in the host's log for which a plugin did not survive the call; `None` where the cloud knows that the fault
    /// came about.
    pub(crate) fn trace(self) -> Option<&'static str> {
        match self {
            Self::Trap => Some("memory"),
            Self::Swap => Some("cut off"),
            _ => None,
        }
    }
}
