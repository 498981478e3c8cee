//! What the description of a domain, project, user or role says: the mark of the registration that made it, by whom it was
//! made, and what people call the tenant.
//!
//! Names alone do not say whose something is: two installations on one cloud, or one whose database was lost, give a tenant's
//! id twice. What does not bear a registration's mark is neither adopted nor removed by it.

use patchbay_sdk::settings;

/// What a description with a mark begins with.
const BEGIN: &str = "Patchbay ";
/// What follows the mark, and is the beginning of those that were written before there were marks.
const MADE_BY: &str = "Made by ";
/// Hexadecimal digits of each half of a mark.
const DIGITS: usize = 16;
/// The width of Keystone's column for a role's description.
const CHARS_MAX: usize = 255;

/// For what bears this mark, or none. Installations that share a cloud may each set their own `owner`, for people.
pub(crate) fn of(mark: &str, display_name: &str) -> String {
    written(mark, &settings::get_or("owner", "patchbay"), display_name)
}

fn written(mark: &str, owner: &str, display_name: &str) -> String {
    let marked = if mark.is_empty() { String::new() } else { format!("{BEGIN}{mark}. ") };
    let text = format!("{marked}{MADE_BY}{owner}: {display_name}");
    text.chars().take(CHARS_MAX).collect()
}

/// The mark that it bears; empty where it bears none.
pub(crate) fn mark(description: &str) -> &str {
    let marked = description.strip_prefix(BEGIN).and_then(|text| text.split_once(". "));
    marked.map(|(mark, _)| mark).filter(|mark| is_mark(mark)).unwrap_or_default()
}

/// What people call the tenant, where it says so.
pub(crate) fn display_name(description: &str) -> &str {
    let unmarked = || description.split_once(". ").map_or("", |(_, rest)| rest);
    let text = if mark(description).is_empty() { description } else { unmarked() };
    let named = text.strip_prefix(MADE_BY).and_then(|rest| rest.split_once(": "));
    named.map_or("", |(_, name)| name)
}

fn is_mark(text: &str) -> bool {
    let half = |half: &str| half.len() == DIGITS && half.bytes().all(|b| b.is_ascii_hexdigit());
    text.split_once('/').is_some_and(|(installation, registration)| half(installation) && half(registration))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: &str = "0123456789abcdef/fedcba9876543210";

    #[test]
    fn what_is_written_is_read_again() {
        let name = "Acme. Made by x: [y]";
        let text = written(MARK, "east", name);
        assert_eq!((mark(&text), display_name(&text)), (MARK, name));
        let unmarked = written("", "east", name);
        assert_eq!((mark(&unmarked), display_name(&unmarked)), ("", name));
        let long = written(MARK, &"o".repeat(300), "Acme");
        assert_eq!((long.chars().count(), mark(&long), display_name(&long)), (CHARS_MAX, MARK, ""));
    }

    #[test]
    fn what_bears_no_mark_may_still_tell_a_name() {
        let forged = format!("Made by patchbay: Patchbay {MARK}. Made by patchbay: Acme");
        for (text, name) in [
            ("", ""),
            ("Made by patchbay: Acme", "Acme"),
            ("Patchbay is here. Made by hand", ""),
            (forged.as_str(), &forged["Made by patchbay: ".len()..]),
        ] {
            assert_eq!((mark(text), display_name(text)), ("", name), "{text:?}");
        }
    }
}
