//! Integers: counts, sizes, ports.

use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error};

use super::any::{self, Read, Scalar};

/// An integer, or none where the backend shows no number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Number<T>(Option<T>);

/// What a [`Number`] may be of.
pub trait Integer: Copy {
    /// The value, or the largest where it is above the range; none where it is below zero and there is no sign: services
    /// write -1 for what they do not count.
    fn narrow(value: i64) -> Option<Self>;
}

macro_rules! integers {
    ($($integer:ty),+) => {$(
        impl Integer for $integer {
            #[allow(clippy::allow_attributes, clippy::useless_conversion, reason = "of one of them")]
            fn narrow(value: i64) -> Option<Self> {
                let nearest = if value < 0 { Self::MIN } else { Self::MAX };
                (value >= 0 || Self::MIN != 0).then(|| Self::try_from(value).unwrap_or(nearest))
            }
        }

        impl Number<$integer> {
            /// The number, 0 where there is none.
            #[must_use]
            pub fn or_zero(self) -> $integer {
                self.0.unwrap_or_default()
            }
        }
    )+};
}

integers!(u16, u32, u64, i64);

impl<T> Number<T> {
    /// The number, none where there is none.
    pub fn get(self) -> Option<T> {
        self.0
    }
}

impl<T> From<T> for Number<T> {
    fn from(number: T) -> Self {
        Self(Some(number))
    }
}

struct AsNumber<T>(PhantomData<T>);

impl<T: Integer> Read<'_> for AsNumber<T> {
    type Value = Number<T>;

    fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<Number<T>, E> {
        let value = match scalar {
            Scalar::Nothing | Scalar::Flag(_) => None,
            Scalar::Whole(number) => Some(number),
            Scalar::Fraction(number) => whole(number),
            Scalar::Text(text) => parsed(text.trim()),
        };
        Ok(Number(value.and_then(T::narrow)))
    }
}

/// As "2" and "2.0". The library reads fractions in a way that is large, and linked by nothing else.
fn parsed(text: &str) -> Option<i64> {
    let (number, fraction) = text.split_once('.').unwrap_or((text, ""));
    fraction.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
}

/// The cast takes what is beyond the range to its end.
#[expect(clippy::cast_possible_truncation, reason = "a fraction is dropped")]
fn whole(number: f64) -> Option<i64> {
    number.is_finite().then_some(number as i64)
}

impl<'de, T: Integer> Deserialize<'de> for Number<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        any::optional(from, AsNumber(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Integer>(json: &str) -> Option<T> {
        serde_json::from_str::<Number<T>>(json).unwrap().get()
    }

    #[test]
    fn a_number_comes_in_many_forms() {
        for two in ["2", "2.0", "2.9", r#""2""#, r#"" 2 ""#, r#""2.0""#, "2e0"] {
            assert_eq!(read::<u32>(two), Some(2), "{two}");
        }
        for none in ["null", "true", r#""""#, r#""two""#, r#""NaN""#, r#""inf""#, "[2]", r#"{"n": 2}"#] {
            assert_eq!(read::<u32>(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_too_large_is_the_largest() {
        assert_eq!(read::<u32>("5000000000"), Some(u32::MAX));
        assert_eq!(read::<u16>("70000"), Some(u16::MAX));
        assert_eq!(read::<u64>("1e300"), Some(i64::MAX.unsigned_abs()));
        assert_eq!(read::<i64>("18446744073709551615"), Some(i64::MAX));
    }

    #[test]
    fn below_zero_is_none_without_a_sign() {
        assert_eq!((read::<u16>("-1"), read::<u32>(r#""-1""#), read::<u64>("-0.5")), (None, None, Some(0)));
        assert_eq!((read::<i64>("-1"), read::<i64>("-1e300")), (Some(-1), Some(i64::MIN)));
    }
}
