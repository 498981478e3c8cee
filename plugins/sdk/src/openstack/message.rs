//! The sentence in a refusal's body. Nova, Cinder and Manila put it under a key named for the kind, Keystone
//! under `error`, Neutron under `NeutronError`; Glance answers HTML.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// Longer sentences are cut: they repeat the request.
pub const MESSAGE_CHARS_MAX: usize = 300;

#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Fault { message: String },
    Text(String),
    Other(IgnoredAny),
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

fn from_json(body: &[u8]) -> Option<String> {
    let parts: BTreeMap<String, Part> = serde_json::from_slice(body).ok()?;
    parts.into_values().find_map(|part| match part {
        Part::Fault { message } | Part::Text(message) => Some(message),
        Part::Other(_) => None,
    })
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
    use super::of;

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
        assert_eq!(of("ü".repeat(1000).as_bytes()).chars().count(), super::MESSAGE_CHARS_MAX);
    }
}
