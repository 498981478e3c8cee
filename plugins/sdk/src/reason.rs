//! Why something failed, in the words that a backend has for its users: fit to be told to the platform, without the addresses
//! and names of the deployment's machines, and without its secrets. Where a backend keeps its reason is in its plugin.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::{Error, log};

/// Longer reasons are cut.
const REASON_CHARS_MAX: usize = 200;
/// No more of a text is looked at.
const TEXT_CHARS_MAX: usize = 2000;
/// As the longest address with a full stop behind it.
const V6_CHARS_MAX: usize = 46;
/// What stands in the place of an address, or of a machine's name.
const ADDRESS: &str = "(address)";
/// What stands in the place of a secret.
const SECRET: &str = "(secret)";
/// What a machine's name stands behind.
const HOSTS: [&str; 4] = ["host", "hostname", "node", "hypervisor"];
/// What the name of something secret holds.
const SECRETS: [&str; 6] = ["passw", "secret", "token", "credential", "key", "auth"];
/// What a secret stands behind, in a header.
const SCHEMES: [&str; 2] = ["basic", "bearer"];

/// The reason on one line, without addresses and secrets; empty where there is none.
#[must_use]
pub fn public(text: &str) -> String {
    let text: String = text.chars().take(TEXT_CHARS_MAX).collect();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let (mut line, mut before) = (String::new(), "");
    let mut hides_next = false;
    for word in words {
        let told = if hides_next { SECRET.to_owned() } else { told(word, before) };
        hides_next = SCHEMES.contains(&bare(word).as_str()) && (hides_next || bare(word) == "bearer")
            || !hides_next && (word.ends_with([':', '=']) && is_secret(word));
        line += if line.is_empty() { "" } else { " " };
        line += &told;
        before = word;
    }
    line.chars().take(REASON_CHARS_MAX).collect()
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

/// A word that stands behind another one.
fn told(word: &str, before: &str) -> String {
    let is_named = |word: &str| word.contains(|c: char| c.is_ascii_digit() || c == '-');
    if HOSTS.contains(&bare(before).as_str()) && is_named(word) {
        return ADDRESS.to_owned();
    }
    word.split_inclusive([',', ';']).map(piece).collect()
}

/// One of `a=b,c=d`.
fn piece(piece: &str) -> String {
    let end = piece.len() - usize::from(piece.ends_with([',', ';']));
    let (piece, end) = piece.split_at(end);
    if let Some(at) = piece.find("://") {
        let from = piece[..at].rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
        let to = piece[at..].find([')', ']', '"', '\'', '>']).map_or(piece.len(), |to| at + to);
        return format!("{}{ADDRESS}{}{end}", named(&piece[..from]), named(&piece[to..]));
    }
    let (key, value) = piece.find(['=', ':']).map_or((piece, ""), |at| piece.split_at(at + 1));
    if !value.is_empty() && is_secret(key) {
        return format!("{key}{SECRET}{end}");
    }
    if !value.is_empty() && HOSTS.contains(&bare(key).as_str()) {
        return format!("{key}{ADDRESS}{end}");
    }
    // As Cinder names a backend: host@backend#pool.
    if piece.contains('@') {
        return format!("{ADDRESS}{end}");
    }
    named(piece) + end
}

/// Without addresses, and without the dotted names of machines.
fn named(text: &str) -> String {
    let text = runs(text, |c| c.is_ascii_hexdigit() || c == ':' || c == '.', without_v6);
    let text = runs(
        &text,
        |c| c.is_ascii_digit() || c == '.',
        |run| hidden(run, |run| run.parse::<Ipv4Addr>().is_ok()),
    );
    runs(&text, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'), |run| hidden(run, is_domain))
}

/// The text with each run of such characters as `told` tells it.
fn runs(text: &str, is_of: impl Fn(char) -> bool, told: impl Fn(&str) -> String) -> String {
    let (mut line, mut rest) = (String::new(), text);
    while let Some(from) = rest.find(&is_of) {
        let (before, run) = rest.split_at(from);
        let (run, after) = run.split_at(run.find(|c| !is_of(c)).unwrap_or(run.len()));
        line += before;
        line += &told(run);
        rest = after;
    }
    line + rest
}

/// The run, or what stands in its place; a full stop behind it stays.
fn hidden(run: &str, is: impl Fn(&str) -> bool) -> String {
    let core = run.trim_matches('.');
    if is(core) { run.replacen(core, ADDRESS, 1) } else { run.to_owned() }
}

/// The longest part between colons that is an address, hidden.
fn without_v6(run: &str) -> String {
    let ends: Vec<usize> = run.match_indices(':').map(|(at, _)| at).chain([run.len()]).collect();
    let begins = [0].into_iter().chain(ends.iter().map(|end| end + 1)).filter(|begin| *begin < run.len());
    let parts = begins.flat_map(|from| ends.iter().filter(move |to| **to > from).map(move |to| (from, *to)));
    let is_v6 = |part: &str| part.contains(|c: char| c.is_ascii_digit()) && part.parse::<Ipv6Addr>().is_ok();
    let parts = parts.filter(|(from, to)| to - from <= V6_CHARS_MAX);
    let found = parts.map(|(from, to)| run[from..to].trim_end_matches('.')).filter(|part| is_v6(part));
    match found.max_by_key(|part| part.len()) {
        Some(address) => run.replacen(address, ADDRESS, 1),
        None => run.to_owned(),
    }
}

/// `node1.example`, and not a number or a file's name with a digit at its end.
fn is_domain(run: &str) -> bool {
    run.rsplit_once('.').is_some_and(|(before, last)| {
        last.len() > 1 && last.bytes().all(|byte| byte.is_ascii_alphabetic()) && !before.is_empty()
    })
}

fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SECRETS.iter().any(|word| key.contains(word))
}

/// A word without what is around it.
fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_no_machine() {
        for (text, told) in [
            ("No valid host was found. ", "No valid host was found."),
            ("There are not enough hosts available.", "There are not enough hosts available."),
            ("a\nb\u{1b}[31m\tc", "a b [31m c"),
            (
                "cannot reach 10.0.0.5:3260, nor [fd00::5]:2049.",
                "cannot reach (address):3260, nor [(address)]:2049.",
            ),
            ("GET http://10.0.0.5/v3?x=1 failed", "GET (address) failed"),
            ("(https://cinder.internal)", "((address))"),
            ("at='http://x/' y", "at='(address)' y"),
            ("host=192.0.2.1 id=1.2", "host=(address) id=1.2"),
            ("host:10.0.0.5, a:10.0.0.6.", "host:(address), a:(address)."),
            ("mon=10.0.0.1,url=http://x,y=2", "mon=(address),url=(address),y=2"),
            ("from fd00::5:2049 to a:fe80::1", "from (address) to (address)"),
            ("10.0.0.3:/vol1 of node1.example", "(address):/vol1 of (address)"),
            ("on host 'compute-17'. The node ctl01 is down", "on host (address) The node (address) is down"),
            ("on ctl01@lvm#pool, node=n1;", "on (address), node=(address);"),
            ("at 10:20:30, fa:16:3e:00:11:22", "at 10:20:30, fa:16:3e:00:11:22"),
            ("v2.1 of a.b and disk.qcow2, e.g. this", "v2.1 of a.b and disk.qcow2, e.g. this"),
            ("add: dead beef", "add: dead beef"),
            ("", ""),
        ] {
            assert_eq!(public(text), told, "{text:?}");
        }
        assert_eq!(public(&"文".repeat(9000)).chars().count(), REASON_CHARS_MAX);
        assert!(public(&":1".repeat(5000)).len() <= REASON_CHARS_MAX);
    }

    #[test]
    fn a_reason_tells_no_secret() {
        for (text, told) in [
            ("login password=abc failed", "login password=(secret) failed"),
            ("user=x,os_password:abc,b", "user=x,os_password:(secret),b"),
            (r#"{"token":"abc"} "secret_key": "def""#, r#"{"token":(secret) "secret_key": (secret)"#),
            ("Authorization: Basic YWJj sent", "Authorization: (secret) (secret) sent"),
            ("with Bearer abc here", "with Bearer (secret) here"),
        ] {
            assert_eq!(public(text), told, "{text:?}");
        }
    }

    #[test]
    fn a_failure_is_told_with_its_reason() {
        assert_eq!(failed("internal", "It failed.", "no room").message, "It failed. (no room)");
        assert_eq!(failed("internal", "It failed.", " ").message, "It failed.");
    }
}
