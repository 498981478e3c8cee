//! Marks: what an installation's things bear in the cloud, so that nobody takes another's for its own. Each plugin says where
//! in its backend a mark is written; `patchbay-tenants` keeps it with the tenant.

use std::fmt;
use std::str::FromStr;

use rand::TryRng as _;
use rand::rngs::SysRng;

use crate::error::Error;

/// Digits of each half.
const DIGITS: usize = 16;

/// One database and the hosts on it. Made once, at random, and kept in the database; a copy of that is the same
/// installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Installation(u64);

/// Of one registration of one installation: a tenant's id may come twice, a mark does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark {
    installation: u64,
    registration: u64,
}

/// The text is not 16 hexadecimal digits, or not two times that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither an installation's id nor a mark")]
pub struct NotAMark;

impl Installation {
    /// A new one.
    ///
    /// # Errors
    /// The operating system gives no random numbers.
    pub fn draw() -> Result<Self, Error> {
        Ok(Self(random()?))
    }

    /// For a new registration.
    ///
    /// # Errors
    /// As [`Installation::draw`].
    pub fn mark(self) -> Result<Mark, Error> {
        Ok(Mark { installation: self.0, registration: random()? })
    }
}

impl Mark {
    /// Whose registration it is.
    #[must_use]
    pub fn installation(self) -> Installation {
        Installation(self.installation)
    }
}

impl fmt::Display for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}/{:016x}", self.installation, self.registration)
    }
}

impl FromStr for Installation {
    type Err = NotAMark;

    fn from_str(text: &str) -> Result<Self, NotAMark> {
        digits(text).map(Self)
    }
}

impl FromStr for Mark {
    type Err = NotAMark;

    fn from_str(text: &str) -> Result<Self, NotAMark> {
        let (installation, registration) = text.split_once('/').ok_or(NotAMark)?;
        Ok(Self { installation: digits(installation)?, registration: digits(registration)? })
    }
}

/// From the operating system: a machine that is restored to an earlier state does not repeat itself.
pub(crate) fn random() -> Result<u64, Error> {
    SysRng.try_next_u64().map_err(Error::internal)
}

/// As they are written, and in no other way.
fn digits(text: &str) -> Result<u64, NotAMark> {
    let plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != DIGITS || !text.bytes().all(plain) {
        return Err(NotAMark);
    }
    u64::from_str_radix(text, 16).map_err(|_| NotAMark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_written_and_read_alike() {
        let installation = Installation::draw().unwrap();
        let mark = installation.mark().unwrap();
        assert_eq!(mark.to_string().parse(), Ok(mark));
        assert_eq!((mark.installation(), installation.to_string().parse()), (installation, Ok(installation)));
        assert_ne!(installation.mark().unwrap(), mark, "each registration has its own");
    }

    #[test]
    fn what_is_no_mark_is_refused() {
        let half = "0123456789abcdef";
        assert!(format!("{half}/{half}").parse::<Mark>().is_ok());
        for text in
            ["", "/", half, &format!("{half}/"), &format!("{half}/{half}/"), &format!("{half}/{half}0")]
        {
            assert_eq!(text.parse::<Mark>(), Err(NotAMark), "{text}");
        }
        for text in ["0123456789ABCDEF", "+123456789abcdef", "0123456789abcdeg"] {
            assert_eq!(format!("{half}/{text}").parse::<Mark>(), Err(NotAMark), "{text}");
        }
    }
}
