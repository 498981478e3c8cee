//! A tenant's id. What a tenant is, is not known here.

use std::fmt;
use std::str::FromStr;

use super::mark::random;
use crate::error::Error;

const ID_DIGITS: usize = 10;
const ID_MAX: u64 = 9_999_999_999;

/// A tenant's number, written `t-` and ten digits. Drawn at random: a counter that came back with an old database would give
/// numbers twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(u64);

impl TenantId {
    /// A new one; each is equally likely.
    ///
    /// # Errors
    /// The operating system gives no random numbers.
    pub fn draw() -> Result<Self, Error> {
        // What is past the last whole multiple would favour the beginning.
        let fair = u64::MAX - u64::MAX % ID_MAX;
        loop {
            let number = random()?;
            if number < fair {
                return Ok(Self(1 + number % ID_MAX));
            }
        }
    }

    /// The number alone.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t-{:010}", self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not `t-` and ten digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a tenant id")]
pub struct NotATenantId;

impl FromStr for TenantId {
    type Err = NotATenantId;

    fn from_str(text: &str) -> Result<Self, NotATenantId> {
        let digits = text.strip_prefix("t-").ok_or(NotATenantId)?;
        if digits.len() != ID_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotATenantId);
        }
        digits.parse().map(Self).map_err(|_| NotATenantId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_and_read_alike() {
        let id: TenantId = "t-0000000042".parse().unwrap();
        assert_eq!((id.to_string().as_str(), id.number()), ("t-0000000042", 42));
    }

    #[test]
    fn an_id_is_drawn_at_random() {
        let ids: Vec<_> = (0..100).map(|_| TenantId::draw().unwrap()).collect();
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        assert!(ids.iter().all(|id| id.to_string().parse() == Ok(*id)), "{ids:?}");
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in
            ["", "t-", "t-1", "t-00000000001", "x-0000000001", "t-000000000a", "t-+000000001", "T-0000000001"]
        {
            assert_eq!(text.parse::<TenantId>(), Err(NotATenantId), "{text}");
        }
    }
}
