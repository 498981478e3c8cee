//! XML as S3 writes it: elements one in the other, without white space.

/// The namespace of what is no error.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
/// What every document begins with.
pub(super) const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

/// A document of S3's.
pub(super) fn document(root: &str, content: &str) -> String {
    format!(r#"{DECLARATION}<{root} xmlns="{NAMESPACE}">{content}</{root}>"#)
}

/// An element with a text in it.
pub(super) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

/// An element with elements in it.
pub(super) fn nested(name: &str, content: &str) -> String {
    format!("<{name}>{content}</{name}>")
}

/// The text of the first element of this name; nothing where there is none.
pub(super) fn text_of<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text.trim())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
