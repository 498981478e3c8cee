//! What every request is checked for before a plugin sees it. Each refusal names the field.

use patchbay_core::error::Error;
use patchbay_runtime::contract::types::Page;

/// Nova's and Cinder's limit for names, in characters.
const NAME_CHARS_MAX: usize = 255;

/// OpenStack ids are UUIDs or short words; nothing longer is one.
const ID_CHARS_MAX: usize = 255;

/// A page's size where the request names none (design, section 1).
const PAGE_SIZE: u32 = 20;

/// The largest page.
const PAGE_SIZE_MAX: u32 = 200;

/// An id that goes into a backend's path.
pub(super) fn id(field: &str, value: &str) -> Result<String, Error> {
    if value.is_empty() {
        return Err(Error::invalid(format!("{field} is missing.")));
    }
    optional_id(field, value)
}

/// As [`id`], where empty means: not given.
pub(super) fn optional_id(field: &str, value: &str) -> Result<String, Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '@');
    if value.len() > ID_CHARS_MAX {
        return Err(Error::invalid(format!("{field} is longer than {ID_CHARS_MAX} characters.")));
    }
    if !value.chars().all(plain) || value.chars().all(|c| c == '.') && !value.is_empty() {
        return Err(Error::invalid(format!("{field} holds characters that no id has.")));
    }
    Ok(value.to_owned())
}

/// A name that must be there.
pub(super) fn name(field: &str, value: &str) -> Result<String, Error> {
    if value.trim().is_empty() {
        return Err(Error::invalid(format!("{field} is missing.")));
    }
    text(field, value)
}

/// A text that may be empty.
pub(super) fn text(field: &str, value: &str) -> Result<String, Error> {
    if value.chars().any(char::is_control) {
        return Err(Error::invalid(format!("{field} holds control characters.")));
    }
    if value.chars().count() > NAME_CHARS_MAX {
        return Err(Error::invalid(format!("{field} is longer than {NAME_CHARS_MAX} characters.")));
    }
    Ok(value.to_owned())
}

/// A size in GiB: at least 1.
pub(super) fn size(field: &str, value: i32) -> Result<u32, Error> {
    u32::try_from(value)
        .ok()
        .filter(|size| *size > 0)
        .ok_or_else(|| Error::invalid(format!("{field} must be at least 1 GiB, not {value}.")))
}

/// One of the words that a field may hold.
pub(super) fn one_of(field: &str, value: &str, words: &[&str]) -> Result<String, Error> {
    if words.contains(&value) {
        return Ok(value.to_owned());
    }
    Err(Error::invalid(format!("{field} must be one of {}.", words.join(", "))))
}

/// `page_number` 0 means 1, `page_size` 0 means 20, at most 200.
pub(super) fn page(number: i32, size: i32) -> Result<Page, Error> {
    let number = u32::try_from(number).map_err(|_| Error::invalid("page_number must not be negative."))?;
    let size = u32::try_from(size).map_err(|_| Error::invalid("page_size must not be negative."))?;
    if size > PAGE_SIZE_MAX {
        return Err(Error::invalid(format!("page_size must be at most {PAGE_SIZE_MAX}.")));
    }
    Ok(Page { number: number.max(1), size: if size == 0 { PAGE_SIZE } else { size } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_leave_its_place_in_a_path() {
        for wrong in
            ["", ".", "..", "../x", "a/b", "a?b", "a#b", "a b", "a%2fb", "a\u{0}b", "é", &"x".repeat(256)]
        {
            assert!(id("instance_id", wrong).is_err(), "{wrong}");
        }
        assert!(id("instance_id", "9f2c-1.a_b").is_ok());
    }

    #[test]
    fn a_page_has_defaults_and_bounds() {
        let page_of = |n, s| page(n, s).map(|p| (p.number, p.size)).map_err(|e| e.message().to_owned());
        assert_eq!(page_of(0, 0), Ok((1, 20)));
        assert_eq!(page_of(3, 200), Ok((3, 200)));
        assert!(page_of(-1, 0).is_err() && page_of(0, -1).is_err() && page_of(1, 201).is_err());
    }

    #[test]
    fn a_size_is_at_least_one() {
        assert!(size("size_in_g", 0).is_err() && size("size_in_g", -5).is_err());
        assert_eq!(size("size_in_g", 7).ok(), Some(7));
    }
}
