//! Looks that show otherwise than the backend has promised. Where a service has several nodes of a database, the one that is
//! asked may be behind: right after a change was accepted it shows nothing, the old state or the old size. So one such look
//! proves nothing. It is taken again until the doubt has lasted for the setting [`STALE_MS`], and counts only then. What
//! contradicts what was promised is said by the plugin.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::kind;
use crate::ticket::{self, DOUBT};
use crate::{Error, Pending, Progress, clock, settings};

/// The setting that says for how long what a look shows may be old, in milliseconds.
pub const STALE_MS: &str = "stale_ms";
/// Where the route does not say it. Replication between the nodes of a database takes less.
const STALE_MS_DEFAULT: u64 = 2000;

/// What ends a poll, or would.
#[derive(Debug)]
pub enum Stop {
    /// It has failed, whichever node was asked.
    Failed(Error),
    /// It has ended so, unless that is an old state.
    Doubtful(Result<Progress, Error>),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// A failure that the look shows and nobody has told.
pub fn doubtful(error: Error) -> Stop {
    Stop::Doubtful(Err(error))
}

/// The error of a look at what was there a moment ago: that it is not there is doubtful.
pub fn missing(error: Error) -> Stop {
    if error.is(kind::NOT_FOUND) { doubtful(error) } else { error.into() }
}

/// Takes one step of a ticket. Where that ends in doubt, the ticket goes on with the time when the doubt began.
///
/// # Errors
/// Those of the step, and "internal" for a ticket that is none.
pub async fn poll<T: Serialize + DeserializeOwned>(
    text: &str,
    step: impl AsyncFnOnce(T) -> Result<Progress, Stop>,
) -> Result<Progress, Error> {
    match step(ticket::read(text)?).await {
        Ok(progress) => Ok(progress),
        Err(Stop::Failed(error)) => Err(error),
        Err(Stop::Doubtful(seen)) => match again(text, clock::now_ms(), stale_ms()) {
            Some(ticket) => {
                Ok(Progress::Pending(Pending { ticket, state: "looking-again".into(), percent: None }))
            }
            None => seen,
        },
    }
}

/// The ticket that looks again; none where the doubt is as old as it may get.
fn again(text: &str, now: u64, stale_ms: u64) -> Option<String> {
    let mut fields: Map<String, Value> = serde_json::from_str(text).ok()?;
    let since = fields.get(DOUBT).and_then(Value::as_u64).unwrap_or(now);
    fields.insert(DOUBT.into(), since.into());
    (now < since.saturating_add(stale_ms)).then(|| Value::Object(fields).to_string())
}

fn stale_ms() -> u64 {
    settings::get_or(STALE_MS, "").parse().unwrap_or(STALE_MS_DEFAULT)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Ticket {
        Resize { server: String },
    }

    #[test]
    fn a_doubt_has_its_time() {
        let ticket = Ticket::Resize { server: "s1".into() };
        let text = serde_json::to_string(&ticket).unwrap();
        let first = again(&text, 1000, 50).unwrap();
        assert_eq!(ticket::read::<Ticket>(&first).unwrap(), ticket);
        let second = again(&first, 1049, 50).unwrap();
        assert_eq!(second, first, "it counts from its beginning");
        assert_eq!(again(&second, 1050, 50), None);
        assert!(again(&second, 900, 50).is_some(), "a clock that is set back takes no doubt away");
        assert_eq!(again(&text, 1000, 0), None);
    }

    #[test]
    fn only_what_is_not_there_is_doubtful_by_itself() {
        assert!(matches!(missing(Error::hidden(kind::NOT_FOUND, "")), Stop::Doubtful(Err(_))));
        assert!(matches!(missing(Error::hidden(kind::UNAVAILABLE, "")), Stop::Failed(_)));
    }
}
