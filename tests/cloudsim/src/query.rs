//! What the lists of Cinder and Manila read from a query in the same way: the length of a page and the filter
//! by metadata. And which part of any query is no filter.

use std::collections::BTreeMap;

use crate::call::{Call, Refusal};
use crate::service::Service;

/// The longest page.
pub(crate) const PAGE_MAX: usize = 1000;

/// What a list's query says beside filters: where to begin, how much, whose, and of ONTAP what is shown.
const NO_FILTERS: [&str; 12] = [
    "limit",
    "marker",
    "offset",
    "sort",
    "sort_key",
    "sort_dir",
    "page_reverse",
    "all_tenants",
    "with_count",
    "max_records",
    "order_by",
    // Manila demands it.
    "share_id",
];

/// The call as a service takes it that knows no filters, and of fields only that ONTAP shows little without them.
pub(crate) fn unfiltered(service: Service, call: &Call) -> Call {
    let shows = |name: &str| service == Service::Ontap && name == "fields";
    call.with_only(|name| NO_FILTERS.contains(&name) || name.starts_with("start.") || shows(name))
}

/// The length of a page; absent is the longest.
pub(crate) fn limit(call: &Call) -> Result<Option<usize>, Refusal> {
    let Some(text) = call.query("limit") else { return Ok(None) };
    match text.parse::<i64>() {
        Ok(limit) => usize::try_from(limit)
            .map(|limit| Some(limit.min(PAGE_MAX)))
            .map_err(|_| Refusal::bad_request("limit param must be positive")),
        Err(_) => Err(Refusal::bad_request("limit param must be an integer")),
    }
}

/// The filter is a dictionary as Python writes it, `{'op': 'o1'}`; JSON is understood too. `None` is neither.
pub(crate) fn dictionary(text: &str) -> Option<BTreeMap<String, String>> {
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&text.replace('\'', "\""))).ok()
}

/// Whether all that is wanted is there.
pub(crate) fn has_all(metadata: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(key, value)| metadata.get(key) == Some(value))
}

/// The link to the page behind `last`: the same query with another marker. `list` is the list's own URL.
pub(crate) fn next(call: &Call, list: &str, last: &str) -> String {
    let query = call.query_text.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("marker="));
    let query: Vec<&str> = query.collect();
    format!("{list}?{}&marker={last}", query.join("&"))
}
