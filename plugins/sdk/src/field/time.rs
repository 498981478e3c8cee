//! Times. OpenStack and Ceph write UTC, each service in its own way.

use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error};

use super::any::{self, Read, Scalar};

/// A time in RFC 3339, in UTC and to the second; the empty text where the backend shows none.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(String);

/// Characters of a time to the second.
const SECONDS_LEN: usize = "2026-11-23T09:24:01".len();

impl Time {
    /// Nova writes "2026-11-23T09:24:00Z"; Cinder and Nova's actions write "2026-11-23T09:24:01.322328", which is UTC too,
    /// and round the fraction away when it is read again. What is no time, or not of UTC, is none.
    fn of(text: &str) -> Self {
        let text = text.trim();
        match (text.get(..SECONDS_LEN), text.get(SECONDS_LEN..)) {
            (Some(seconds), Some(rest)) if has_form(seconds) && is_utc(rest) => {
                Self([&seconds[..10], "T", &seconds[11..], "Z"].concat())
            }
            _ => Self::default(),
        }
    }

    /// The time, none where there is none.
    #[must_use]
    pub fn some(self) -> Option<String> {
        Some(self.0).filter(|time| !time.is_empty())
    }
}

fn has_form(seconds: &str) -> bool {
    seconds.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        10 => byte == b'T' || byte == b' ',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    })
}

/// What follows the seconds: a fraction, and no word of another zone.
fn is_utc(rest: &str) -> bool {
    let zone =
        rest.strip_prefix('.').map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    matches!(zone, "" | "Z" | "+00:00" | "-00:00" | "+0000")
}

impl Deref for Time {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Time {
    fn from(text: &str) -> Self {
        Self::of(text)
    }
}

impl From<Time> for String {
    fn from(time: Time) -> Self {
        time.0
    }
}

struct AsTime;

impl Read<'_> for AsTime {
    type Value = Time;

    fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<Time, E> {
        Ok(if let Scalar::Text(text) = scalar { Time::of(text) } else { Time::default() })
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        any::optional(from, AsTime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_services_time_reads_the_same() {
        for time in [
            "2026-11-23T09:24:01Z",
            "2026-11-23T09:24:01.322328",
            "2026-11-23T09:24:01.322328Z",
            "2026-11-23T09:24:01",
            "2026-11-23T09:24:01+00:00",
            "2026-11-23 09:24:01",
        ] {
            let json = format!("{time:?}");
            assert_eq!(&*serde_json::from_str::<Time>(&json).unwrap(), "2026-11-23T09:24:01Z", "{time}");
        }
    }

    #[test]
    fn what_is_no_time_of_utc_is_none() {
        for json in [
            "null",
            r#""""#,
            r#""soon""#,
            "1764000000",
            r#""2026-11-23T09:24:01+08:00""#,
            r#""2026-11-23""#,
            "[]",
        ] {
            assert_eq!(serde_json::from_str::<Time>(json).unwrap().some(), None, "{json}");
        }
        assert_eq!(Time::from("文件文件文件文件文件").some(), None);
    }
}
