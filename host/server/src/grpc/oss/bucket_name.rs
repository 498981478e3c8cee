//! S3's rules for the names of general purpose buckets, as Amazon documents them: a name that keeps them works with every
//! client. A gateway may still refuse one, as what its own paths begin with.

use std::net::Ipv4Addr;

use patchbay_core::error::Error;

const CHARS_MIN: usize = 3;
const CHARS_MAX: usize = 63;

/// What S3 keeps for itself.
const PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// The name, which a new bucket may have.
pub(super) fn check(name: &str) -> Result<String, Error> {
    match broken_rule(name) {
        None => Ok(name.to_owned()),
        Some(rule) => Err(Error::invalid(format!("bucket_name {rule}."))),
    }
}

fn broken_rule(name: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if name.is_empty() {
        return Some("is missing");
    }
    if !(CHARS_MIN..=CHARS_MAX).contains(&name.chars().count()) {
        return Some("must have 3 to 63 characters");
    }
    if !name.chars().all(|c| plain(c) || matches!(c, '.' | '-')) {
        return Some("may hold lower-case letters, digits, full stops and hyphens only");
    }
    if !name.starts_with(plain) || !name.ends_with(plain) {
        return Some("must begin and end with a letter or digit");
    }
    if name.contains("..") {
        return Some("must not hold two full stops in a row");
    }
    if name.parse::<Ipv4Addr>().is_ok() {
        return Some("must not look like an IP address");
    }
    let reserved = PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
    reserved.then_some("must not begin or end with what S3 keeps for itself")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_s3_refuses_is_refused() {
        let long = "a".repeat(64);
        for name in [
            "",
            "ab",
            &long,
            "Photos",
            "my_photos",
            "my photos",
            "größe",
            "-photos",
            "photos-",
            ".photos",
            "photos.",
            "my..photos",
            "192.168.5.4",
            "xn--photos",
            "sthree-photos",
            "amzn-s3-demo-photos",
            "photos-s3alias",
            "photos--ol-s3",
            "photos.mrap",
            "photos--x-s3",
            "photos--table-s3",
            "a/b",
            "a\0b",
        ] {
            let told = check(name).map_err(|error| error.message().to_owned());
            assert!(
                told.as_ref().is_err_and(|sentence| sentence.starts_with("bucket_name ")),
                "{name:?}: {told:?}"
            );
        }
    }

    #[test]
    fn a_name_that_s3_takes_is_taken() {
        for name in ["abc", "my-photos.2026", "1.2.3", "999.1.1.1", "a-.b", &"a".repeat(63)] {
            assert_eq!(check(name).ok().as_deref(), Some(name), "{name}");
        }
    }
}
