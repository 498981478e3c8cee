//! The one visitor behind all types of [`crate::field`]: it takes whatever JSON there is, so that reading goes on behind it.
//! What a type makes of a value is in its own file.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A value that is neither a list nor an object.
pub(super) enum Scalar<'a> {
    /// Null, and what is not there.
    Nothing,
    Flag(bool),
    /// One beyond its range is its largest.
    Whole(i64),
    Fraction(f64),
    Text(&'a str),
}

/// What a type makes of each kind of value.
pub(super) trait Read<'de>: Sized {
    type Value;

    fn scalar<E: serde::de::Error>(self, scalar: Scalar<'_>) -> Result<Self::Value, E>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.scalar(Scalar::Nothing)
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        skip(&mut object)?;
        self.scalar(Scalar::Nothing)
    }
}

/// Reads a field that may be missing.
pub(super) fn optional<'de, D: Deserializer<'de>, R: Read<'de>>(
    from: D,
    read: R,
) -> Result<R::Value, D::Error> {
    from.deserialize_option(Any(read))
}

/// Reads a field whose absence is an error.
pub(super) fn needed<'de, D: Deserializer<'de>, R: Read<'de>>(
    from: D,
    read: R,
) -> Result<R::Value, D::Error> {
    from.deserialize_any(Any(read))
}

/// Leaves the rest of an object out.
pub(super) fn skip<'de, A: MapAccess<'de>>(object: &mut A) -> Result<(), A::Error> {
    while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

struct Any<R>(R);

impl<'de, R: Read<'de>> Visitor<'de> for Any<R> {
    type Value = R::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<R::Value, E> {
        self.0.scalar(Scalar::Nothing)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<R::Value, E> {
        self.0.scalar(Scalar::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<R::Value, D::Error> {
        value.deserialize_any(self)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<R::Value, E> {
        self.0.scalar(Scalar::Flag(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<R::Value, E> {
        self.0.scalar(Scalar::Whole(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<R::Value, E> {
        self.0.scalar(Scalar::Whole(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<R::Value, E> {
        self.0.scalar(Scalar::Fraction(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<R::Value, E> {
        self.0.scalar(Scalar::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<R::Value, A::Error> {
        self.0.list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<R::Value, A::Error> {
        self.0.object(object)
    }
}
