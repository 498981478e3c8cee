//! Booleans.

use serde::de::{Deserialize, Deserializer, Error};

use super::any::{self, Read, Scalar};

/// The words that oslo.utils takes for true, without regard to case.
const YES: [&str; 6] = ["1", "t", "true", "on", "y", "yes"];

/// A boolean; false where the backend shows none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flag(bool);

impl Flag {
    /// Whether it is true.
    #[must_use]
    pub fn is_set(self) -> bool {
        self.0
    }
}

struct AsFlag;

impl Read<'_> for AsFlag {
    type Value = Flag;

    fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<Flag, E> {
        Ok(Flag(match scalar {
            Scalar::Nothing => false,
            Scalar::Flag(flag) => flag,
            Scalar::Whole(number) => number != 0,
            Scalar::Fraction(number) => number != 0.0,
            Scalar::Text(text) => YES.iter().any(|yes| yes.eq_ignore_ascii_case(text.trim())),
        }))
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        any::optional(from, AsFlag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boolean_comes_in_many_forms() {
        for yes in ["true", "1", "1.0", r#""1""#, r#""True""#, r#""TRUE""#, r#""yes""#, r#"" on ""#] {
            assert!(serde_json::from_str::<Flag>(yes).unwrap().is_set(), "{yes}");
        }
        for no in ["false", "0", "null", r#""0""#, r#""False""#, r#""""#, r#""maybe""#, "[true]", "{}"] {
            assert!(!serde_json::from_str::<Flag>(no).unwrap().is_set(), "{no}");
        }
    }
}
