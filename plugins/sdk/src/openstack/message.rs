//! What a refusal's body says. Nova, Cinder and Manila put the sentence under a key named for the kind, Keystone under `error`,
//! Neutron under `NeutronError`, Glance beside its code and title. Whatever else comes with a refusal's status is a proxy's, or
//! that of a service that has no such path. What a refusal means is in `status`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// What the layer below the services says of a path that no service has, and a service of a version that it has not.
pub const NO_ROUTE: &str = "The resource could not be found.";

/// The service that says no more than that of a share which is not there.
const SPARING: &str = "shared-file-system";

/// What Nova, Cinder and Manila call a refusal (`_fault_names` in their `wsgi.py`).
const FAULTS: [&str; 11] = [
    "badRequest",
    "unauthorized",
    "forbidden",
    "itemNotFound",
    "badMethod",
    "conflictingRequest",
    "overLimit",
    "badMediaType",
    "notImplemented",
    "serviceUnavailable",
    "computeFault",
];

/// What a service writes before something of the request's that it does not quote: Cinder's and Keystone's words.
const REPEATED: [&str; 2] = [" Value: ", " entry found with "];

/// Longer sentences are cut: they repeat the request.
pub const MESSAGE_CHARS_MAX: usize = 300;

/// What a service itself says.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What it calls the refusal: "itemNotFound", Neutron's "RouterNotFound", Glance's "Not Found".
    pub name: String,
    /// Its sentence.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Fault(Fault),
    Text(String),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct Fault {
    message: String,
    code: Option<Code>,
    title: Option<IgnoredAny>,
    detail: Option<IgnoredAny>,
    #[serde(rename = "type")]
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Code {
    Status(u16),
    Other(IgnoredAny),
}

impl Fault {
    /// The services repeat the status in the body; who only has a form like theirs may have numbers of its own.
    fn repeats(&self, status: u16) -> bool {
        matches!(self.code, Some(Code::Status(code)) if code == status)
    }
}

/// What the service of this type says with the status, none where the body is not a service's own.
#[must_use]
pub fn own(service: &str, status: u16, body: &[u8]) -> Option<Refusal> {
    let mut parts = parts(body)?;
    if let [Part::Text(code), Part::Text(message), Part::Text(title)] =
        ["code", "message", "title"].map(|key| parts.get(key).unwrap_or(&Part::Other(IgnoredAny)))
    {
        let (name, message) = (title.clone(), from_html(message));
        let is_own = code.starts_with(&status.to_string()) && !message.starts_with(NO_ROUTE);
        return is_own.then_some(Refusal { name, message });
    }
    // Neutron's, where its policy refuses what it has read: the fault without its envelope.
    if let [Part::Text(_), Part::Text(message), Part::Text(name)] =
        ["detail", "message", "type"].map(|key| parts.get(key).unwrap_or(&Part::Other(IgnoredAny)))
    {
        return Some(Refusal { name: name.clone(), message: message.clone() });
    }
    let (key, part) = parts.pop_first().filter(|_| parts.is_empty())?;
    let Part::Fault(fault) = part else { return None };
    match fault {
        Fault { message, name: Some(name), detail: Some(_), .. } if key == "NeutronError" => {
            Some(Refusal { name, message })
        }
        fault if key == "error" && fault.title.is_some() && fault.repeats(status) => {
            Some(Refusal { name: key, message: fault.message })
        }
        fault if FAULTS.contains(&key.as_str()) && fault.repeats(status) => {
            let says_something = service == SPARING || status != 404 || fault.message != NO_ROUTE;
            says_something.then_some(Refusal { name: key, message: fault.message })
        }
        _ => None,
    }
}

/// The words of a sentence that are not quoted in it: what a service repeats of the request decides nothing.
#[must_use]
pub fn unquoted(sentence: &str) -> String {
    let own =
        REPEATED.iter().fold(sentence, |own, words| own.split_once(words).map_or(own, |(before, _)| before));
    ['\'', '"'].into_iter().fold(own.to_owned(), |text, mark| match (text.find(mark), text.rfind(mark)) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &text[..from], &text[to + 1..]),
        _ => text,
    })
}

/// The sentence, on one line and at most [`MESSAGE_CHARS_MAX`] characters; empty where there is none.
#[must_use]
pub fn of(body: &[u8]) -> String {
    let text = from_json(body).unwrap_or_else(|| from_html(&String::from_utf8_lossy(body)));
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line.chars().take(MESSAGE_CHARS_MAX).collect()
}

fn parts(body: &[u8]) -> Option<BTreeMap<String, Part>> {
    serde_json::from_slice(body).ok()
}

fn from_json(body: &[u8]) -> Option<String> {
    let mut parts = parts(body)?;
    let sentence = |part| match part {
        Part::Fault(Fault { message, .. }) | Part::Text(message) => Some(from_html(&message)),
        Part::Other(_) => None,
    };
    let named = parts.remove("message").and_then(sentence);
    named.or_else(|| parts.into_values().find_map(sentence))
}

/// What is outside the tags of the body; all of a text without tags.
fn from_html(page: &str) -> String {
    let body = page.split_once("<body>").map_or(page, |(_, body)| body);
    let mut text = String::new();
    for (at, piece) in body.split('<').enumerate() {
        match piece.split_once('>') {
            Some((_, after)) if at > 0 => text.extend([" ", after]),
            _ => text.push_str(piece),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_services_sentence_is_found() {
        let glance = "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n  No image found with ID x<br /><br />\n\n\n </body>\n</html>";
        let table = [
            (
                r#"{"itemNotFound": {"code": 404, "message": "Volume x could not be found."}}"#,
                "Volume x could not be found.",
            ),
            (
                r#"{"error": {"code": 404, "message": "Could not find project: x.", "title": "Not Found"}}"#,
                "Could not find project: x.",
            ),
            (
                r#"{"NeutronError": {"type": "NetworkNotFound", "message": "Network x could not be found.", "detail": ""}}"#,
                "Network x could not be found.",
            ),
            (glance, "404 Not Found No image found with ID x"),
            ("upstream\r\nconnect error", "upstream connect error"),
            ("", ""),
            ("[1]", "[1]"),
            (r#"{"code": 5}"#, r#"{"code": 5}"#),
        ];
        for (body, sentence) in table {
            assert_eq!(of(body.as_bytes()), sentence, "{body}");
        }
    }

    #[test]
    fn a_long_sentence_is_cut() {
        assert_eq!(of("ü".repeat(1000).as_bytes()).chars().count(), MESSAGE_CHARS_MAX);
    }

    #[test]
    fn a_services_own_refusal_is_known_by_its_form() {
        for (body, name) in [
            (r#"{"itemNotFound": {"code": 404, "message": "Volume x could not be found."}}"#, "itemNotFound"),
            (r#"{"error": {"code": 404, "message": "No project.", "title": "Not Found"}}"#, "error"),
            (
                r#"{"NeutronError": {"type": "RouterNotFound", "message": "x", "detail": ""}}"#,
                "RouterNotFound",
            ),
            (
                r#"{"message": "No image x<br /><br />\n", "code": "404 Not Found", "title": "Not Found"}"#,
                "Not Found",
            ),
            (
                r#"{"type": "HTTPNotFound", "message": "The resource could not be found.", "detail": ""}"#,
                "HTTPNotFound",
            ),
        ] {
            assert_eq!(own("", 404, body.as_bytes()).map(|own| own.name).as_deref(), Some(name), "{body}");
        }
        for other in [
            "",
            "default backend - 404",
            "<html><head><title>404 Not Found</title></head><body>nginx</body></html>",
            r#"{"message": "no Route matched with those values"}"#,
            r#"{"code": 404, "message": "not here"}"#,
            r#"{"error": "not found"}"#,
            r#"{"error": {"code": 404, "message": "not here", "status": "NOT_FOUND"}}"#,
            r#"{"fault": {"code": 404, "message": "not here"}}"#,
            r#"{"itemNotFound": {"code": 5, "message": "not here"}}"#,
            r#"{"itemNotFound": {"message": "not here"}}"#,
            r#"{"itemNotFound": {"code": 404, "message": "not here"}, "path": "/x"}"#,
            r#"{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "x"}"#,
            r#"{"message": "x", "code": "route_missing", "title": "Not Found"}"#,
            "[]",
            "null",
        ] {
            assert_eq!(own("", 404, other.as_bytes()), None, "{other}");
        }
    }

    /// Of a share Manila says what the others say of what they cannot do at all.
    #[test]
    fn what_says_nothing_is_manilas_alone() {
        let below = format!(
            r#"{{"message": "{NO_ROUTE}<br /><br />", "code": "404 Not Found", "title": "Not Found"}}"#
        );
        let within = format!(r#"{{"itemNotFound": {{"code": 404, "message": "{NO_ROUTE}"}}}}"#);
        for service in ["compute", "block-storage", "image", "shared-file-system"] {
            assert_eq!(own(service, 404, below.as_bytes()), None, "{service}");
            assert_eq!(own(service, 404, within.as_bytes()).is_some(), service == SPARING, "{service}");
        }
    }

    #[test]
    fn what_the_request_said_is_left_out() {
        for (sentence, own) in [
            (
                "Multiple security_group matches found for name 'a duplicate', use an ID.",
                "Multiple security_group matches found for name , use an ID.",
            ),
            ("name 'it's 'x' here' is taken", "name  is taken"),
            ("Flavor's memory is too small.", "Flavor's memory is too small."),
            (
                "Invalid input for field/attribute name. Value: Flavor. 'Flavor' is too long",
                "Invalid input for field/attribute name.",
            ),
            (
                "Conflict occurred attempting to store project - Duplicate entry found with name quota exceeded at domain ID x.",
                "Conflict occurred attempting to store project - Duplicate",
            ),
            (r#"There is a "quota exceeded" here."#, "There is a  here."),
        ] {
            assert_eq!(unquoted(sentence), own);
        }
    }
}
