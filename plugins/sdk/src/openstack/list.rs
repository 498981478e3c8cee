//! Whole lists, looked through item by item: a service that does not know a filter may ignore it in silence, so what is
//! done with an item follows from what that item shows. Page numbers are in `page`, marks in `mark`.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::page::{CHUNK_ITEMS_MAX, LIST_ITEMS_MAX};
use crate::upstream::Request;
use crate::{Error, log};

/// How a service is told where its list goes on.
#[derive(Debug, Clone, Copy)]
pub enum Paging {
    /// By the id of the last item.
    Marker,
    /// By the number of items before.
    Offset,
    /// Not at all: one answer has all that there is.
    Whole,
}

/// A list that is to be looked through.
#[derive(Clone)]
pub struct List {
    /// Without a limit or a place.
    pub request: Request,
    /// Where the answer has the items, as "volumes"; beside it are its links, "volumes_links".
    pub key: &'static str,
    /// Where the next part begins.
    pub paging: Paging,
}

/// One answer of a list.
struct Part {
    items: Vec<Value>,
    more: bool,
}

impl List {
    /// Shows each item of the list, of the first [`LIST_ITEMS_MAX`]; whether these were all. At most `limit` come with one
    /// answer.
    ///
    /// # Errors
    /// Those of the service.
    pub async fn through(&self, limit: usize, look: impl FnMut(Value)) -> Result<bool, Error> {
        walk(async |seen, last: Option<&str>| self.part(limit, seen, last).await, look).await
    }

    /// The items that show, for each of the filters' names, one of the values that are given with it. One that is no `T` is
    /// left out, and the log says so.
    ///
    /// # Errors
    /// Those of the service.
    pub async fn filtered<T: DeserializeOwned>(mut self, filters: &[(&str, &str)]) -> Result<Vec<T>, Error> {
        self.request = filters.iter().fold(self.request, |request, (name, value)| request.query(name, value));
        let mut fitting = Vec::new();
        self.through(CHUNK_ITEMS_MAX, |item| {
            if fits(&item, filters) {
                let read = serde_json::from_value(item);
                let what = format!("One of {} is left out", self.key);
                fitting.extend(read.inspect_err(|e| log::unread(&what, e)));
            }
        })
        .await?;
        Ok(fitting)
    }

    async fn part(&self, limit: usize, seen: usize, last: Option<&str>) -> Result<Part, Error> {
        let request = self.request.clone();
        let request = match (self.paging, last) {
            (Paging::Whole, _) => request,
            (Paging::Offset, _) => request.query("limit", limit).query("offset", seen),
            (Paging::Marker, None) => request.query("limit", limit),
            (Paging::Marker, Some(last)) => request.query("limit", limit).query("marker", last),
        };
        let mut answer: Map<String, Value> = request.ok().await?.json()?;
        let items = serde_json::from_value(answer.remove(self.key).unwrap_or_default());
        let items: Vec<Value> = items.map_err(|e| Error::unreadable("list", e))?;
        let links = answer.remove(&format!("{}_links", self.key));
        let is_next = |link: &Value| link["rel"] == "next";
        let more = links.as_ref().and_then(Value::as_array).is_some_and(|links| links.iter().any(is_next));
        Ok(Part { items, more })
    }
}

/// Part after part. A part that ends as the one before is the same again: the service does not know where to go on.
async fn walk(
    fetch: impl AsyncFn(usize, Option<&str>) -> Result<Part, Error>,
    mut look: impl FnMut(Value),
) -> Result<bool, Error> {
    let (mut seen, mut last) = (0, None::<String>);
    loop {
        let Part { items, more } = fetch(seen, last.as_deref()).await?;
        let end = items.last().and_then(|item| item["id"].as_str()).map(str::to_owned);
        if end.is_none() || end == last {
            return Ok(items.is_empty() && !more);
        }
        seen += items.len();
        items.into_iter().for_each(&mut look);
        if !more || seen >= LIST_ITEMS_MAX {
            return Ok(!more);
        }
        last = end;
    }
}

fn fits(item: &Value, filters: &[(&str, &str)]) -> bool {
    let one_of = |name: &str| filters.iter().any(|(other, value)| *other == name && item[name] == *value);
    filters.iter().all(|(name, _)| one_of(name))
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use serde_json::json;

    use super::*;

    const LIMIT: usize = 100;

    /// What is seen of a service of `total` items, and whether it is all. `knows`: it takes a marker.
    fn seen(total: usize, knows: bool) -> (Vec<usize>, bool) {
        let mut seen = Vec::new();
        let fetch = async |_, last: Option<&str>| {
            let from = last.filter(|_| knows).map_or(0, |id| id.parse::<usize>().unwrap() + 1);
            let to = (from + LIMIT).min(total);
            Ok(Part { items: (from..to).map(|n| json!({"id": n.to_string()})).collect(), more: to < total })
        };
        let look = |item: Value| seen.push(item["id"].as_str().unwrap().parse().unwrap());
        let whole = walk(fetch, look).now_or_never().unwrap().unwrap();
        (seen, whole)
    }

    #[test]
    fn every_part_is_looked_at() {
        for total in [0, 1, LIMIT, LIMIT + 1, 3 * LIMIT] {
            assert_eq!(seen(total, true), ((0..total).collect(), true), "{total}");
        }
    }

    #[test]
    fn a_list_is_looked_through_to_a_bound() {
        assert_eq!(seen(LIST_ITEMS_MAX, true), ((0..LIST_ITEMS_MAX).collect(), true));
        assert_eq!(seen(LIST_ITEMS_MAX + 1, true), ((0..LIST_ITEMS_MAX).collect(), false));
    }

    #[test]
    fn a_service_that_ignores_markers_ends_it() {
        assert_eq!(seen(LIMIT, false), ((0..LIMIT).collect(), true));
        assert_eq!(seen(LIMIT + 1, false), ((0..LIMIT).collect(), false));
    }

    #[test]
    fn an_item_has_to_show_what_was_asked_for() {
        let filters = [("device_id", "r1"), ("device_id", "r2"), ("owner", "router")];
        assert!(fits(&json!({"device_id": "r2", "owner": "router"}), &filters));
        for other in [
            json!({"device_id": "r3", "owner": "router"}),
            json!({"device_id": "r1", "owner": "vm"}),
            json!({"device_id": "r1"}),
            json!({}),
        ] {
            assert!(!fits(&other, &filters), "{other}");
        }
        assert!(fits(&json!({}), &[]));
    }
}
