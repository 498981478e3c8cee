//! Text that others wrote, made fit to be told: what a plugin, a backend or a caller says, on its way into a message, the
//! log or a terminal.
//!
//! The one place that knows which characters steer instead of showing (control and format characters, line separators:
//! escape sequences, reversed writing, a second line in a log) and how long such a text may be. A name that is data, as a
//! flavor's or a disk's, is no business of this module on the wire: the platform gets it as it is.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// The longest sentence that the platform or an operator is told, in bytes. As a gRPC status it travels twice in a response's
/// headers, escaped, and clients take 16 KiB of those.
pub const MESSAGE_BYTES_MAX: usize = 2_048;
/// The longest value in the log, an error with all its causes among them, in bytes.
pub const LOG_BYTES_MAX: usize = 8_192;
/// The longest word that stands for something, as a step or a version, in bytes.
pub const WORD_BYTES_MAX: usize = 100;
/// The longest id of a resource, in characters, as the database has room for.
pub const ID_CHARS_MAX: usize = 255;

/// In the place of what was cut off.
const ELLIPSIS: char = '…';

/// Whether a character does something to its surroundings: a control character (Cc), a format character (Cf), or a
/// separator of lines or paragraphs (Zl, Zp).
fn steers(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    !matches!(c, ' '..='~')
        && matches!(c.general_category(), Control | Format | LineSeparator | ParagraphSeparator)
}

/// The text on one line, at most so long, with a space where characters were that steer.
#[must_use]
pub fn sanitized(text: &str, bytes_max: usize) -> String {
    let mut line = String::with_capacity(text.len().min(bytes_max));
    for c in text.chars() {
        if steers(c) {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else {
            line.push(c);
        }
        if line.len() > bytes_max {
            cut(&mut line, bytes_max);
            return line;
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// Shortens it to so many bytes where it is longer, and shows that.
pub fn cut(text: &mut String, bytes_max: usize) {
    if text.len() > bytes_max {
        let room = bytes_max.checked_sub(ELLIPSIS.len_utf8());
        text.truncate(text.floor_char_boundary(room.unwrap_or(bytes_max)));
        text.extend(room.map(|_| ELLIPSIS));
    }
}

/// For a terminal, on one line: characters that steer are shown as Rust writes them, `\n` or `\u{202e}`.
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    replaced(text, |_| false, |c, text| text.extend(c.escape_default()))
}

/// The same for a text of several lines.
#[must_use]
pub fn escaped_lines(text: &str) -> Cow<'_, str> {
    replaced(text, |c| c == '\n', |c, text| text.extend(c.escape_default()))
}

/// The same for JSON, which stays what it says: other characters than ASCII stand between quotes only, and may be written
/// there as `\u202e`. Line breaks are its own.
#[must_use]
pub fn escaped_json(json: &str) -> Cow<'_, str> {
    let escape = |c: char, text: &mut String| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(text, "\\u{unit:04x}");
        }
    };
    replaced(json, |c| c == '\n', escape)
}

/// Whether it can stand for a resource: short, and nothing in it steers.
#[must_use]
pub fn is_id(text: &str) -> bool {
    text.chars().count() <= ID_CHARS_MAX && !text.contains(steers)
}

fn replaced(text: &str, stays: impl Fn(char) -> bool, escape: impl Fn(char, &mut String)) -> Cow<'_, str> {
    let goes = |c: char| steers(c) && !stays(c);
    if !text.contains(goes) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        if goes(c) { escape(c, &mut written) } else { written.push(c) }
    }
    Cow::Owned(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind: control (of both sets), format (in and beyond the first plane), line and paragraph separator.
    const STEERING: &str = "\0\t\n\r\u{1b}\u{7f}\u{85}\u{9b}\u{ad}\u{61c}\u{200b}\u{200f}\u{202e}\u{2066}\u{feff}\u{e0041}\u{2028}\u{2029}";

    #[test]
    fn what_is_told_is_one_line_that_steers_nothing() {
        let said = "public\nerr \u{1b}[31mred\r\nx-injected: 1\u{202e}\0";
        assert_eq!(sanitized(said, 100), "public err [31mred x-injected: 1");
        for c in STEERING.chars() {
            assert_eq!(sanitized(&format!("a{c}b"), 10), "a b", "{c:?}");
        }
        assert_eq!(sanitized(STEERING, 10), "");
        let plain = "Größe 云平台, a  b: é 👍 ~";
        assert_eq!(sanitized(plain, 100), plain);
    }

    #[test]
    fn what_is_told_is_as_long_as_it_may_be() {
        assert_eq!(sanitized(&"x".repeat(3_000_000), 10), "xxxxxxx…");
        assert_eq!(sanitized("xxxxxxxxxx", 10), "xxxxxxxxxx");
        for bytes_max in 0..12 {
            let line = sanitized("ééééééé", bytes_max);
            assert!(line.len() <= bytes_max && (bytes_max < 3 || line.ends_with('…')), "{line}");
        }
    }

    #[test]
    fn a_terminal_is_shown_what_there_is() {
        assert_eq!(escaped("a\u{1b}[31m\n\u{202e}é"), "a\\u{1b}[31m\\n\\u{202e}é");
        assert!(matches!(escaped("Größe 云"), Cow::Borrowed(_)));
        assert_eq!(escaped_lines("a\nb\u{1b}c"), "a\nb\\u{1b}c");
        assert!(!escaped(STEERING).contains(steers));
    }

    #[test]
    fn json_means_the_same() {
        let value = serde_json::json!({ "name": STEERING, "è": [1, "a\\"] });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let escaped = escaped_json(&text);
        assert!(!escaped.contains(|c: char| steers(c) && c != '\n'), "{escaped}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }

    #[test]
    fn an_id_is_short_and_plain() {
        assert!(is_id("9f2c-1.a_b") && is_id("t-1$u%2f7/bucket") && is_id(&"é".repeat(255)));
        assert!(!is_id("a\0") && !is_id("a\u{202e}b") && !is_id(&"x".repeat(256)));
    }
}
