//! An operation's id. What an operation is, is not known here.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// An operation's id, written `op-` and a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OperationId(Uuid);

impl OperationId {
    /// A new one.
    #[must_use]
    pub fn draw() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "op-{}", self.0)
    }
}

/// The text is not `op-` and a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an operation id")]
pub struct NotAnOperationId;

impl FromStr for OperationId {
    type Err = NotAnOperationId;

    fn from_str(text: &str) -> Result<Self, NotAnOperationId> {
        let uuid = text.strip_prefix("op-").and_then(|uuid| Uuid::try_parse(uuid).ok()).map(Self);
        // A UUID has several spellings; an id has one.
        uuid.filter(|id| id.to_string() == text).ok_or(NotAnOperationId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id = OperationId::draw();
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "op-", "op-1", &id.to_string()[3..], &id.to_string().to_uppercase()] {
            assert_eq!(text.parse::<OperationId>(), Err(NotAnOperationId), "{text}");
        }
        assert!(format!("op-{}", id.0.simple()).parse::<OperationId>().is_err());
    }
}
