//! XML as S3 writes and reads it: every value quoted in full, an empty element in two tags, no white space. What is in a
//! document is a type where it is made.

use quick_xml::de;
use quick_xml::se::{EmptyElementHandling, QuoteLevel, SeError, Serializer};
use serde::{Deserialize, Serialize};

/// The namespace of what is no error.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
/// What every document begins with.
const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

#[derive(Serialize)]
struct Document<T> {
    #[serde(rename = "@xmlns")]
    namespace: &'static str,
    #[serde(flatten)]
    content: T,
}

/// A text in an element, nothing else.
#[derive(Serialize)]
pub(super) struct Text<'a> {
    #[serde(rename = "$text")]
    pub(super) text: &'a str,
}

/// Whose something is.
#[derive(Clone, Default, Serialize)]
pub(super) struct Owner {
    #[serde(rename = "ID")]
    pub(super) id: String,
    #[serde(rename = "DisplayName")]
    pub(super) display_name: String,
}

/// A document of S3's.
pub(super) fn document(root: &str, content: impl Serialize) -> String {
    bare(root, &Document { namespace: NAMESPACE, content })
}

/// A document without a namespace, as a refusal is.
pub(super) fn bare(root: &str, content: &impl Serialize) -> String {
    let mut text = DECLARATION.to_owned();
    // A text takes all that is written to it, and the names of elements are our own.
    let _ = write(root, content, &mut text);
    text
}

/// What a body says; nothing where it is another document, or none.
pub(super) fn read<'a, T: Deserialize<'a>>(body: &'a str) -> Option<T> {
    de::from_str(body).ok()
}

fn write(root: &str, content: &impl Serialize, into: &mut String) -> Result<(), SeError> {
    let mut serializer = Serializer::with_root(into, Some(root))?;
    serializer.set_quote_level(QuoteLevel::Full);
    serializer.empty_element_handling(EmptyElementHandling::Expanded);
    content.serialize(serializer).map(drop)
}
