//! How ONTAP answers what it has of one kind: the fields that are asked for, filters by any field, pages, links.

use serde_json::{Map, Value, json};

use super::{UNEXPECTED, hal};
use crate::call::{Answer, Call, Outcome, Refusal};

/// The most records of one answer where the request names no number.
const RECORDS_MAX: usize = 10_000;
/// What a query holds besides filters.
const RESERVED: [&str; 5] = ["fields", "max_records", "order_by", "return_records", "return_timeout"];

/// One kind of record.
pub(super) struct Kind {
    /// Where it is listed.
    pub(super) path: &'static str,
    /// By which field one is known.
    pub(super) key: &'static str,
    /// What a list shows of each without being asked.
    pub(super) listed: &'static [&'static str],
    /// What one shows without being asked.
    pub(super) shown: &'static [&'static str],
    /// What is shown on demand alone.
    pub(super) costly: &'static [&'static str],
}

impl Kind {
    /// Those of `records` that the query chooses.
    pub(super) fn list(&self, call: &Call, records: &[Value]) -> Outcome {
        let names = self.names(call, self.listed)?;
        let filters = self.filters(call)?;
        let mut chosen: Vec<&Value> =
            records.iter().filter(|record| filters.iter().all(|f| fits(record, f))).collect();
        chosen.sort_by_key(|record| self.key_of(record));
        let after = call.query(&format!("start.{}", self.key)).unwrap_or_default();
        chosen.retain(|record| after.is_empty() || *self.key_of(record) > *after);
        let max = call.query("max_records").and_then(|max| max.parse().ok()).unwrap_or(RECORDS_MAX);
        let more = chosen.len() > max;
        chosen.truncate(max);
        let mut links = json!({"self": {"href": self.href(call, "")}});
        if let Some(last) = chosen.last().filter(|_| more) {
            links["next"] =
                json!({"href": self.href(call, &format!("start.{}={}", self.key, self.key_of(last)))});
        }
        let shown: Vec<Value> = chosen.iter().map(|record| self.view(record, &names)).collect();
        Ok(hal(200, &json!({"num_records": shown.len(), "records": shown, "_links": links})))
    }

    /// One of them.
    pub(super) fn one(&self, call: &Call, record: &Value) -> Outcome {
        let names = self.names(call, self.shown)?;
        Ok(hal(200, &self.view(record, &names)))
    }

    /// A new one was made; where it is.
    pub(super) fn made(&self, id: &str) -> Answer {
        hal(201, &json!({})).with("location", &format!("{}/{id}", self.path))
    }

    /// The fields to show: those that are asked for, those of filters, and the usual.
    fn names<'a>(&self, call: &'a Call, usual: &'a [&'a str]) -> Result<Vec<&'a str>, Refusal> {
        let mut names = usual.to_vec();
        for name in call.query_all("fields").flat_map(|fields| fields.split(',')) {
            match name {
                "*" => names.extend(self.shown),
                "**" => names.extend(self.shown.iter().chain(self.costly)),
                name if self.knows(name) => names.push(name),
                name => {
                    let message = format!("The value \"{name}\" is invalid for field \"fields\".");
                    return Err(Refusal::bad_request(message).kind("262197"));
                }
            }
        }
        names.extend(call.query_names().filter(|name| self.knows(name)));
        Ok(names)
    }

    fn filters<'a>(&self, call: &'a Call) -> Result<Vec<(&'a str, &'a str)>, Refusal> {
        let names = call.query_names().filter(|name| !RESERVED.contains(name) && !name.starts_with("start."));
        names
            .map(|name| match call.query(name).filter(|_| self.knows(name)) {
                Some(wanted) => Ok((name, wanted)),
                None => {
                    let message = format!("Unexpected argument \"{name}\".");
                    Err(Refusal::bad_request(message).kind(UNEXPECTED))
                }
            })
            .collect()
    }

    /// A field, a part of one, or what holds some.
    fn knows(&self, name: &str) -> bool {
        let is_in = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.shown.iter().chain(self.costly).any(|known| is_in(known, name) || is_in(name, known))
    }

    fn view(&self, record: &Value, names: &[&str]) -> Value {
        let mut view = Value::Object(Map::new());
        for name in names {
            copy(&mut view, record, name);
        }
        view["_links"] = json!({"self": {"href": format!("{}/{}", self.path, self.key_of(record))}});
        view
    }

    fn key_of(&self, record: &Value) -> String {
        written(&record[self.key])
    }

    fn href(&self, call: &Call, more: &str) -> String {
        let query = call.query_text.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("start."));
        let query: Vec<&str> = query.chain((!more.is_empty()).then_some(more)).collect();
        if query.is_empty() { self.path.to_owned() } else { format!("{}?{}", self.path, query.join("&")) }
    }
}

/// Copies a field of that dotted name; within a list all is copied.
fn copy(into: &mut Value, from: &Value, name: &str) {
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    let Some(value) = from.get(first) else { return };
    if rest.is_empty() || !value.is_object() {
        into[first] = value.clone();
        return;
    }
    if !into[first].is_object() {
        into[first] = json!({});
    }
    copy(&mut into[first], value, rest);
}

/// Whether any value of the field is one of the alternatives, in which `*` is anything.
fn fits(record: &Value, (name, wanted): &(&str, &str)) -> bool {
    let values = values(record, name);
    wanted.split('|').any(|pattern| values.iter().any(|value| matches(pattern, value)))
}

fn values(value: &Value, name: &str) -> Vec<String> {
    if let Value::Array(items) = value {
        return items.iter().flat_map(|item| values(item, name)).collect();
    }
    if name.is_empty() {
        return vec![written(value)];
    }
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    value.get(first).map(|value| values(value, rest)).unwrap_or_default()
}

fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            rest.char_indices().any(|(at, _)| matches(tail, &rest[at..])) || matches(tail, "")
        }),
    }
}
