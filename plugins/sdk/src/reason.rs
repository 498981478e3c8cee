//! Why something failed, in the words that a backend has for its users: fit to be told to the platform, without the addresses
//! of the deployment's machines. Where a backend keeps its reason is in its plugin.

use std::net::{IpAddr, SocketAddr};

use crate::{Error, log};

/// Longer reasons are cut.
const REASON_CHARS_MAX: usize = 200;
/// What stands in the place of an address.
const ADDRESS: &str = "(address)";

/// The reason on one line, without addresses; empty where there is none.
#[must_use]
pub fn public(text: &str) -> String {
    let line = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let words: Vec<_> = line.map(without_addresses).collect();
    words.join(" ").chars().take(REASON_CHARS_MAX).collect()
}

/// A failure that `sentence` tells, with the backend's reason where it has one, which goes to the log too.
#[must_use]
pub fn failed(kind: &str, sentence: &str, reason: &str) -> Error {
    match public(reason) {
        none if none.is_empty() => Error::public(kind, sentence),
        reason => {
            log::warn(&format!("{sentence} {reason}"));
            Error::public(kind, format_args!("{sentence} ({reason})"))
        }
    }
}

fn without_addresses(word: &str) -> String {
    if let Some((before, _)) = word.split_once("://") {
        let scheme = before.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
        return format!("{}{ADDRESS}", &word[..scheme]);
    }
    let (mut told, mut rest) = (String::new(), word);
    while let Some(from) = rest.find(is_of_address) {
        let (before, run) = rest.split_at(from);
        let to = run.find(|c| !is_of_address(c)).unwrap_or(run.len());
        let (run, after) = run.split_at(to);
        told.push_str(before);
        told.push_str(if is_address(run) { ADDRESS } else { run });
        rest = after;
    }
    told + rest
}

fn is_of_address(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | ':')
}

/// With or without a port, or a full stop behind it.
fn is_address(run: &str) -> bool {
    let run = run.trim_end_matches(['.', ':']);
    run.parse::<IpAddr>().is_ok() || run.parse::<SocketAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_no_machine() {
        for (text, told) in [
            ("No valid host was found. ", "No valid host was found."),
            ("a\nb\u{1b}[31m\tc", "a b [31m c"),
            (
                "cannot reach 10.0.0.5:3260, nor [fd00::5]:2049.",
                "cannot reach (address), nor [(address)]:2049.",
            ),
            ("GET http://10.0.0.5/v3 failed", "GET (address) failed"),
            ("(https://cinder.internal)", "((address)"),
            ("host=192.0.2.1 id=1.2", "host=(address) id=1.2"),
            ("10.0.0.3:/vol1 of node1.example", "(address)/vol1 of node1.example"),
            ("add: dead beef", "add: dead beef"),
            ("", ""),
        ] {
            assert_eq!(public(text), told, "{text:?}");
        }
        assert_eq!(public(&"文".repeat(1000)).chars().count(), REASON_CHARS_MAX);
    }

    #[test]
    fn a_failure_is_told_with_its_reason() {
        assert_eq!(failed("internal", "It failed.", "no room").message, "It failed. (no room)");
        assert_eq!(failed("internal", "It failed.", " ").message, "It failed.");
    }
}
