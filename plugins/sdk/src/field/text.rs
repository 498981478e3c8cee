//! Texts: such as may be empty, ids, which may not, and written forms of something.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};

use super::any::{self, Read, Scalar};

/// A text that may be empty: "" where the backend has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(String);

/// What an item is known by. An item without one cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

/// What a text is the written form of, as an address; none where it is no such form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parsed<T>(Option<T>);

impl<T> Parsed<T> {
    /// What was written.
    pub fn get(self) -> Option<T> {
        self.0
    }
}

impl Text {
    /// The text, none where it is empty.
    #[must_use]
    pub fn some(self) -> Option<String> {
        Some(self.0).filter(|text| !text.is_empty())
    }
}

/// Each is used as the text that it holds.
macro_rules! text {
    ($($type:ident),+) => {$(
        impl $type {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Deref for $type {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl PartialEq<str> for $type {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $type {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        impl PartialEq<String> for $type {
            fn eq(&self, other: &String) -> bool {
                self.0 == *other
            }
        }

        impl From<&str> for $type {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<$type> for String {
            fn from(text: $type) -> Self {
                text.0
            }
        }
    )+};
}

text!(Text, Id);

struct AsText;

impl Read<'_> for AsText {
    type Value = Text;

    fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<Text, E> {
        Ok(Text(match scalar {
            Scalar::Nothing => String::new(),
            Scalar::Flag(flag) => flag.to_string(),
            Scalar::Whole(number) => number.to_string(),
            // As JSON writes it: the library's own way is large, and linked by nothing else.
            Scalar::Fraction(number) => serde_json::Value::from(number).to_string(),
            Scalar::Text(text) => text.to_owned(),
        }))
    }
}

struct AsId;

impl Read<'_> for AsId {
    type Value = Id;

    fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<Id, E> {
        match scalar {
            Scalar::Whole(number) => Ok(Id(number.to_string())),
            Scalar::Text(text) if !text.is_empty() => Ok(Id(text.to_owned())),
            _ => Err(E::custom("what should be an id is none")),
        }
    }
}

struct AsParsed<T>(PhantomData<T>);

impl<T: FromStr> Read<'_> for AsParsed<T> {
    type Value = Parsed<T>;

    fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<Parsed<T>, E> {
        Ok(Parsed(if let Scalar::Text(text) = scalar { text.parse().ok() } else { None }))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        any::optional(from, AsText)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        any::needed(from, AsId)
    }
}

impl<'de, T: FromStr> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        any::optional(from, AsParsed(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn whatever_there_is_is_a_text() {
        for (json, text) in [
            (r#""web""#, "web"),
            (r#""a\u0020b""#, "a b"),
            (r#""""#, ""),
            ("null", ""),
            ("6", "6"),
            ("-1", "-1"),
            ("2.5", "2.5"),
            ("true", "true"),
            ("[1, [2]]", ""),
            (r#"{"a": {"b": 1}}"#, ""),
        ] {
            assert_eq!(serde_json::from_str::<Text>(json).unwrap(), text, "{json}");
        }
    }

    #[test]
    fn an_id_is_there_or_the_item_is_not() {
        for (json, id) in [(r#""f1""#, Some("f1")), ("7", Some("7"))] {
            assert_eq!(serde_json::from_str::<Id>(json).ok().as_deref(), id, "{json}");
        }
        for none in [r#""""#, "null", "1.5", "false", "[]", "{}"] {
            assert!(serde_json::from_str::<Id>(none).is_err(), "{none}");
        }
    }

    #[test]
    fn what_is_written_is_read_or_none() {
        let read = |json: &str| serde_json::from_str::<Parsed<IpAddr>>(json).unwrap().get();
        assert_eq!(read(r#""10.0.0.1""#), Some([10, 0, 0, 1].into()));
        for none in [r#""here""#, r#""""#, "null", "10", "{}"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn an_empty_text_is_none() {
        assert_eq!((Text::default().some(), Text::from("a").some()), (None, Some("a".to_owned())));
    }
}
