//! Lists: filters, pages and the choice of fields, the same for every kind of resource.

use serde_json::{Value, json};

use super::attributes::Kind;
use super::bad_request;
use crate::call::{Answer, Call, Outcome, Refusal};

/// What a query may say beside the names of attributes.
const WORDS: [&str; 10] = [
    "fields",
    "limit",
    "marker",
    "page_reverse",
    "sort_key",
    "sort_dir",
    "tags",
    "tags-any",
    "not-tags",
    "not-tags-any",
];

/// Those of `views`, in the order of their ids, that the query wants.
pub(super) fn answer(call: &Call, kind: &Kind, views: impl Iterator<Item = Value>) -> Outcome {
    if let Some(name) = call.query_names().find(|name| !kind.filters_by(name) && !WORDS.contains(name)) {
        return Err(bad_request(format!("['{name}'] is invalid attribute for filtering")));
    }
    let marker = call.query("marker").unwrap_or_default();
    let mut found = views.filter(|view| fits(call, view) && view["id"].as_str() > Some(marker));
    let limit = limit(call)?;
    let page: Vec<Value> = found.by_ref().take(limit).map(|view| chosen(call, view)).collect();
    let mut body = json!({kind.many: page});
    if limit < usize::MAX
        && let Some(last) = page.last().filter(|_| page.len() == limit)
    {
        body[format!("{}_links", kind.many)] = next(call, last["id"].as_str().unwrap_or_default());
    }
    Ok(Answer::json(200, &body))
}

fn limit(call: &Call) -> Result<usize, Refusal> {
    let Some(text) = call.query("limit") else { return Ok(usize::MAX) };
    let limit: Option<usize> = text.parse().ok();
    let limit = limit.ok_or_else(|| bad_request(format!("Invalid input for limit. Reason: '{text}'")))?;
    Ok(if limit == 0 { usize::MAX } else { limit })
}

/// The link to what comes after; it is there wherever a page is full.
fn next(call: &Call, last: &str) -> Value {
    let query = call.query_text.split('&').filter(|pair| !pair.starts_with("marker="));
    let query = query.collect::<Vec<_>>().join("&");
    let host = call.header("host").unwrap_or_default();
    let href = format!("http://{host}/network{}?{query}&marker={last}", call.path);
    json!([{"rel": "next", "href": href}])
}

/// Every name must fit; of a name's several values, one.
fn fits(call: &Call, view: &Value) -> bool {
    call.query_names().all(|name| {
        let tags = |wanted: &str| has_tag(view, wanted);
        let mut words = call.query(name).unwrap_or_default().split(',');
        match name {
            "tags" => words.all(tags),
            "tags-any" => words.any(tags),
            "not-tags" => !words.all(tags),
            "not-tags-any" => !words.any(tags),
            word if WORDS.contains(&word) => true,
            name => call.query_all(name).any(|wanted| equals(&view[name], wanted)),
        }
    })
}

fn has_tag(view: &Value, tag: &str) -> bool {
    view["tags"].as_array().is_some_and(|tags| tags.iter().any(|own| own == tag))
}

/// A list has one that is equal; an object is asked as `key=value`.
fn equals(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text == wanted,
        Value::Bool(flag) => wanted.eq_ignore_ascii_case(if *flag { "true" } else { "false" }),
        Value::Number(number) => number.to_string() == wanted,
        Value::Array(items) => items.iter().any(|item| equals(item, wanted)),
        Value::Object(_) => wanted.split_once('=').is_some_and(|(key, rest)| equals(&value[key], rest)),
        Value::Null => false,
    }
}

/// Only the fields that the query names, where it names some.
fn chosen(call: &Call, mut view: Value) -> Value {
    let fields: Vec<&str> = call.query_all("fields").collect();
    if let Value::Object(view) = &mut view
        && !fields.is_empty()
    {
        view.retain(|name, _| fields.contains(&name.as_str()));
    }
    view
}
