//! What a field of an answer may be instead of what it is, and where an answer has fields. Nothing here knows of a backend.

use serde_json::{Value, json};

/// An address and a secret that no sentence may hold.
pub(super) const HIDDEN: [&str; 2] = ["10.99.88.77", "hunter2"];

/// More than a sentence may hold, with what does not belong into one.
const LONG_WORDS: usize = 400;

/// The places of all fields of an answer, as RFC 6901 writes them; of a list the list and what its first item has.
pub(super) fn places(answer: &Value) -> Vec<String> {
    let mut found = Vec::new();
    below(answer, "", &mut found);
    found
}

fn below(value: &Value, at: &str, found: &mut Vec<String>) {
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (escaped(key), value)).collect(),
        Value::Array(items) => items.first().map(|item| ("0".to_owned(), item)).into_iter().collect(),
        _ => return,
    };
    for (key, value) in parts {
        let place = format!("{at}/{key}");
        below(value, &place, found);
        found.push(place);
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// What may be there instead of `value`: each with its name; none is a field that is left out.
pub(super) fn mutations(value: &Value) -> Vec<(&'static str, Option<Value>)> {
    let long =
        format!("\u{1b}[31m\u{0}http://{}:5000/ password={} ", HIDDEN[0], HIDDEN[1]).repeat(LONG_WORDS);
    let mut all = vec![
        ("left out", None),
        ("null", Some(Value::Null)),
        ("empty text", Some(json!(""))),
        ("unknown word", Some(json!("frobnicated"))),
        ("long text", Some(json!(long))),
        ("whole number", Some(json!(7))),
        ("fraction", Some(json!(2.5))),
        ("huge", Some(json!(i64::MAX))),
        ("huger", Some(json!(1e300))),
        ("negative", Some(json!(-1))),
        ("flag", Some(json!(true))),
        ("list", Some(json!([]))),
        ("odd list", Some(json!([null, "x", 7, {}, []]))),
        ("object", Some(json!({}))),
    ];
    match value {
        Value::Number(number) => {
            all.push(("number as text", Some(json!(number.to_string()))));
            all.push(("number as fraction", Some(json!(number.as_f64()))));
        }
        Value::Bool(flag) => all.push(("flag as text", Some(json!(flag.to_string())))),
        _ => {}
    }
    all.retain(|(_, other)| other.as_ref() != Some(value));
    all
}
