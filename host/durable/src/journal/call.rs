//! One call as the journal has it, and what of it is for the journal: no secret of a path, and the ids in an answer.

use patchbay_core::{TenantId, text};
use serde_json::{Map, Value};

/// Characters of a path that are kept.
const PATH_CHARS_MAX: usize = 2_048;
/// Ids that are taken from one answer.
const IDS_MAX: usize = 4;
/// The largest answer in which ids are looked for; those that name what was made are far smaller.
const ANSWER_BYTES_MAX: usize = 256 << 10;
/// Under these keys an answer says how its object is called.
const ID_KEYS: [&str; 2] = ["id", "uuid"];
/// Under this key an answer names the work that goes on, which is nothing that was made.
const WORK_KEY: &str = "job";
/// A query parameter with one of these in its name may hold a secret.
const SECRET_WORDS: [&str; 4] = ["key", "secret", "password", "token"];
/// What stands in the place of a secret.
const MASK: &str = "***";

/// A call before it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The platform's call that it serves.
    pub request_id: String,
    /// The operation that it is part of.
    pub operation_id: Option<String>,
    /// On whose behalf; nobody's for a call of the host itself.
    pub tenant_id: Option<TenantId>,
    /// Whose call it is.
    pub plugin: String,
    /// The digest of that plugin's generation.
    pub digest: String,
    /// As the configuration calls it.
    pub upstream: String,
    /// In upper case.
    pub method: String,
    /// With its query, in which the values of keys, secrets, passwords and tokens are masked.
    pub path: String,
}

/// How a call ended. Just one of status and failure is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What the backend answered.
    pub status: Option<u16>,
    /// Why there is no answer, in one word.
    pub failure: Option<String>,
    /// The backend's own id of the call.
    pub backend_request_id: Option<String>,
    /// What the answer is about.
    pub ids: Vec<String>,
}

impl Outcome {
    /// An answer.
    #[must_use]
    pub fn answered(status: u16, backend_request_id: Option<&str>, body: &[u8]) -> Self {
        let backend_request_id = backend_request_id.filter(|id| is_id(id)).map(str::to_owned);
        Self { status: Some(status), failure: None, backend_request_id, ids: ids(body) }
    }

    /// No answer.
    #[must_use]
    pub fn failed(word: &str) -> Self {
        Self { status: None, failure: Some(word.to_owned()), backend_request_id: None, ids: Vec::new() }
    }
}

/// A call that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Counts up in the order in which calls ended; 0 while it is not written.
    pub number: i64,
    /// What was known before.
    pub sent: Sent,
    /// How it ended.
    pub outcome: Outcome,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub sent_at: i64,
    /// Until it ended, repetitions included, in microseconds.
    pub took_us: i64,
}

/// The path without control characters, cut at a bound, and without the values of parameters whose name speaks of a key, a
/// secret, a password or a token.
#[must_use]
pub fn masked(path: &str) -> String {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let parameters = query.map(|query| query.split('&').map(parameter).collect::<Vec<_>>().join("&"));
    let whole = parameters.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let plain = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    whole.chars().take(PATH_CHARS_MAX).map(plain).collect()
}

fn parameter(parameter: &str) -> String {
    let Some((name, _)) = parameter.split_once('=') else { return parameter.to_owned() };
    // What is escaped in a name may spell such a word.
    let word = name.to_ascii_lowercase();
    let secret = word.contains('%') || SECRET_WORDS.iter().any(|secret| word.contains(secret));
    if secret { format!("{name}={MASK}") } else { parameter.to_owned() }
}

/// The ids that a JSON answer names: those of the object, or of the one object in it.
fn ids(body: &[u8]) -> Vec<String> {
    if body.len() > ANSWER_BYTES_MAX {
        return Vec::new();
    }
    let Ok(Value::Object(top)) = serde_json::from_slice(body) else { return Vec::new() };
    let objects = top.iter().filter(|(key, _)| *key != WORK_KEY);
    let mut nested = objects.filter_map(|(_, value)| value.as_object());
    let only = nested.next().filter(|_| nested.next().is_none());
    let found = [Some(&top), only].into_iter().flatten().flat_map(own_ids);
    found.take(IDS_MAX).map(str::to_owned).collect()
}

fn own_ids(object: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let texts = ID_KEYS.into_iter().filter_map(|key| object.get(key)?.as_str());
    texts.filter(|text| is_id(text))
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text::is_id(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_its_query_but_no_secret() {
        let path = "admin/user?key&uid=t-1.ana&access-key=AK&Secret-Key=SK&generate-key=False&t=1";
        assert_eq!(
            masked(path),
            "admin/user?key&uid=t-1.ana&access-key=***&Secret-Key=***&generate-key=***&t=1"
        );
        for secret in ["a?password=x", "a?X-Auth-Token=x", "a?b=1&db_passWORD=x=x", "a?%6bey=x"] {
            assert!(masked(secret).ends_with("=***"), "{secret}");
        }
        assert_eq!(masked("compute/servers/1"), "compute/servers/1");
        assert_eq!(masked("a\u{0}\nb?c=\u{7}").matches(char::REPLACEMENT_CHARACTER).count(), 3);
        assert_eq!(masked(&"é".repeat(PATH_CHARS_MAX + 1)).chars().count(), PATH_CHARS_MAX);
    }

    #[test]
    fn an_answer_says_what_it_is_about() {
        let found = |body: &str| ids(body.as_bytes());
        assert_eq!(found(r#"{"server":{"id":"s-1","links":[{"id":"no"}],"flavor":{"id":"no"}}}"#), ["s-1"]);
        assert_eq!(found(r#"{"id":"r-1","port_id":"no"}"#), ["r-1"]);
        assert_eq!(found(r#"{"job":{"uuid":"no"},"share":{"uuid":"sh-1"},"num":1}"#), ["sh-1"]);
        assert_eq!(found(r#"{"id":"a","uuid":"b","x":{"id":"c","uuid":"d"},"y":1}"#), ["a", "b", "c", "d"]);
        for nothing in [
            "",
            "<xml/>",
            "[{\"id\":\"x\"}]",
            r#"{"a":{"id":"x"},"b":{"id":"y"}}"#,
            r#"{"job":{"uuid":"j-1"}}"#,
            r#"{"id":7}"#,
            r#"{"id":""}"#,
            r#"{"id":"a\u0000"}"#,
            r#"{"keys":[{"id":"x"}]}"#,
        ] {
            assert!(found(nothing).is_empty(), "{nothing}");
        }
        let long = format!(r#"{{"id":"{}"}}"#, "x".repeat(text::ID_CHARS_MAX + 1));
        let large = format!(r#"{{"id":"x","pad":"{}"}}"#, "x".repeat(ANSWER_BYTES_MAX));
        assert!(found(&long).is_empty() && found(&large).is_empty());
    }
}
