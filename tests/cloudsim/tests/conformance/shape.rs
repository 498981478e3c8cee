//! What a body must look like: a JSON value in which words stand for types.
//!
//! `"str"`, `"int"`, `"num"`, `"bool"`, `"list"`, `"object"`, `"any"` are types; with `?` behind, `null` too.
//! `"=text"` is that text, `"~text"` contains it. `[shape]` is a list, not empty, of that shape. An object has
//! exactly these keys, unless one of them is `"..."`: then others too. Anything else is itself.

use serde_json::{Map, Value};

/// What is wrong, with the place; `Ok` where it fits.
pub(crate) fn check(shape: &Value, body: &Value) -> Result<(), String> {
    at("", shape, body)
}

fn at(place: &str, shape: &Value, body: &Value) -> Result<(), String> {
    let fits = match shape {
        Value::String(word) => word_fits(word, body),
        Value::Array(items) if items.len() == 1 => return list(place, &items[0], body),
        Value::Object(keys) => return object(place, keys, body),
        same => same == body,
    };
    if fits { Ok(()) } else { Err(format!("{place}: wanted {shape}, is {body}")) }
}

fn word_fits(word: &str, body: &Value) -> bool {
    if let Some(exact) = word.strip_prefix('=') {
        return body == exact;
    }
    if let Some(part) = word.strip_prefix('~') {
        return body.as_str().is_some_and(|text| text.contains(part));
    }
    if let Some(word) = word.strip_suffix('?') {
        return body.is_null() || word_fits(word, body);
    }
    match word {
        "str" => body.is_string(),
        "int" => body.is_i64() || body.is_u64(),
        "num" => body.is_number(),
        "bool" => body.is_boolean(),
        "list" => body.is_array(),
        "object" => body.is_object(),
        "any" => true,
        other => panic!("no such shape: {other}"),
    }
}

fn list(place: &str, shape: &Value, body: &Value) -> Result<(), String> {
    let Some(items) = body.as_array().filter(|items| !items.is_empty()) else {
        return Err(format!("{place}: wanted a list that is not empty, is {body}"));
    };
    items.iter().enumerate().try_for_each(|(number, item)| at(&format!("{place}/{number}"), shape, item))
}

fn object(place: &str, keys: &Map<String, Value>, body: &Value) -> Result<(), String> {
    let Some(fields) = body.as_object() else { return Err(format!("{place}: wanted an object, is {body}")) };
    let open = keys.contains_key("...");
    if let Some(extra) = fields.keys().find(|field| !open && !keys.contains_key(*field)) {
        return Err(format!("{place}: has {extra} too"));
    }
    keys.iter().filter(|(key, _)| *key != "...").try_for_each(|(key, shape)| {
        let field = fields.get(key).ok_or_else(|| format!("{place}: {key} is missing"))?;
        at(&format!("{place}/{key}"), shape, field)
    })
}
