//! Tickets as text: whatever a plugin keeps of an operation, written as JSON and read back. What a ticket says is
//! in its plugin.

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::kind;
use crate::{Begun, Error, Finished, Pending, Progress};

/// The field that is not the plugin's own: since when what it sees is in doubt, as [`crate::stale`] keeps it.
pub(crate) const DOUBT: &str = "doubt_since_ms";

/// What a call answers that began a change of the resource, with the first ticket.
#[must_use]
pub fn begun(resource_id: impl Display, ticket: &impl Serialize) -> Begun {
    Begun { resource_id: resource_id.to_string(), ticket: Some(text(ticket)) }
}

/// Still going on, with this as the next ticket; `state` is the step, for people.
#[must_use]
pub fn pending(ticket: &impl Serialize, state: impl Display) -> Progress {
    Progress::Pending(Pending { ticket: text(ticket), state: state.to_string(), percent: None })
}

/// The end, at the backend's own time (RFC 3339) where it tells one.
#[must_use]
pub fn finished(at: Option<String>) -> Progress {
    Progress::Finished(Finished { at, message: None })
}

/// A ticket that the host kept.
///
/// # Errors
/// "internal" if it is none of this plugin's.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let no_ticket = |e| Error::hidden(kind::INTERNAL, format_args!("ticket: {e}"));
    let mut ticket: Value = serde_json::from_str(text).map_err(no_ticket)?;
    if let Some(fields) = ticket.as_object_mut() {
        fields.remove(DOUBT);
    }
    serde_json::from_value(ticket).map_err(no_ticket)
}

fn text(ticket: &impl Serialize) -> String {
    serde_json::json!(ticket).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_read_back() {
        let ticket = begun("s1", &("resize", 2)).ticket.unwrap();
        assert_eq!(read::<(String, u32)>(&ticket).unwrap(), ("resize".to_owned(), 2));
        assert!(read::<(String, u32)>("{}").unwrap_err().is(kind::INTERNAL));
    }
}
