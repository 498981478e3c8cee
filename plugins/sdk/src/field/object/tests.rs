//! Whole items, with each of their fields odd in each way: an item costs at most itself.

use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::field::{Flag, Id, Number, Text, Time};

#[derive(Debug, Deserialize)]
struct Item {
    id: Id,
    name: Text,
    size: Number<u32>,
    on: Flag,
    at: Time,
    part: Maybe<Part>,
    #[serde(default)]
    parts: Items<Part>,
    entries: Entries<Text>,
}

#[derive(Debug, Deserialize)]
struct Part {
    id: Id,
}

#[derive(Deserialize)]
struct Answer {
    items: Items<Item>,
}

/// The fields in which only an item without an id is lost.
const FIELDS: [&str; 8] = ["id", "name", "size", "on", "at", "part", "parts", "entries"];

fn item(id: &str) -> Value {
    json!({"id": id, "name": "n", "size": 2, "on": true, "at": "2026-11-23T09:24:01Z", "part": {"id": "p"},
        "parts": [{"id": "p1"}, {"id": "p2"}], "entries": {"a": "b"}, "unknown": [{"x": [null]}]})
}

fn odd() -> [Value; 12] {
    [
        json!(null),
        json!(""),
        json!("text"),
        json!("2"),
        json!(2.5),
        json!(-1),
        json!(5_000_000_000_u64),
        json!(true),
        json!([]),
        json!([null, [1], {"id": {"a": [1]}}]),
        json!({}),
        json!({"id": null, "more": {"a": [1]}}),
    ]
}

fn ids(answer: &Value) -> Vec<String> {
    let read = serde_json::from_str::<Answer>(&answer.to_string()).unwrap();
    let again = serde_json::from_value::<Answer>(answer.clone()).unwrap();
    let [read, again] =
        [read, again].map(|answer| answer.items.into_iter().map(|item| item.id.into()).collect());
    assert_eq!(read, again, "a text and a tree read the same");
    read
}

#[test]
fn an_odd_field_costs_no_list() {
    for field in FIELDS {
        for odd in odd().into_iter().map(Some).chain([None]) {
            let mut one = item("odd");
            match &odd {
                Some(odd) => one[field] = odd.clone(),
                None => drop(one.as_object_mut().unwrap().remove(field)),
            }
            let read = ids(&json!({"items": [item("first"), one, item("last")]}));
            let others: Vec<_> = read.iter().filter(|id| *id == "first" || *id == "last").collect();
            assert_eq!(others.len(), 2, "{field}: {odd:?}");
            let is_lost = read.len() == 2;
            assert!(!is_lost || field == "id", "{field}: {odd:?}");
        }
    }
}

#[test]
fn what_is_no_item_is_left_out() {
    for odd in odd() {
        let read = ids(&json!({"items": [item("first"), odd, item("last")]}));
        assert_eq!(read, ["first", "last"], "{odd}");
    }
}

#[test]
fn a_list_may_be_null_and_has_to_be_there() {
    for empty in [json!(null), json!([]), json!({"id": "x"}), json!("none"), json!(0)] {
        assert!(ids(&json!({"items": empty})).is_empty(), "{empty}");
    }
    assert!(serde_json::from_str::<Answer>("{}").is_err());
    assert!(serde_json::from_str::<Answer>(r#"{"items": [{"id": "x"}"#).is_err(), "it is cut off");
}

#[test]
fn what_is_whole_is_read_whole() {
    let item: Item = serde_json::from_value(item("x")).unwrap();
    assert_eq!((item.name.as_str(), item.size.get(), item.on.is_set()), ("n", Some(2), true));
    assert_eq!((&*item.at, item.part.get().unwrap().id.as_str()), ("2026-11-23T09:24:01Z", "p"));
    assert_eq!(item.parts.iter().map(|part| part.id.as_str()).collect::<Vec<_>>(), ["p1", "p2"]);
    assert_eq!(item.entries.get("a").map(Text::as_str), Some("b"));
}
