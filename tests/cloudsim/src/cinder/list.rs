//! The list of volumes: filters and pages.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::{Volume, require, view};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::query::{PAGE_MAX, dictionary, has_all, limit, next};
use crate::world::World;

/// The parameters that are filters or paging.
const KNOWN: [&str; 12] = [
    "limit",
    "marker",
    "offset",
    "sort",
    "sort_key",
    "sort_dir",
    "all_tenants",
    "name",
    "status",
    "metadata",
    "bootable",
    "availability_zone",
];
/// From here on an unknown filter is refused, not ignored.
const STRICT_FILTERS: u16 = 31;

pub(super) fn volumes(world: &World, call: &Call, caller: &Caller, minor: u16, detail: bool) -> Outcome {
    require(caller.reader, "volume:get_all")?;
    if let Some(name) = call.query_names().find(|name| minor >= STRICT_FILTERS && !KNOWN.contains(name)) {
        return Err(Refusal::bad_request(format!("Invalid filters {name} are found in query options.")));
    }
    let limit = limit(call)?;
    let all = sorted(world, call, caller);
    let start = match call.query("marker") {
        None => 0,
        Some(marker) => all
            .iter()
            .position(|volume| volume.id == marker)
            .map(|at| at + 1)
            .ok_or_else(|| Refusal::not_found(format!("Volume {marker} could not be found.")))?,
    };
    let page: Vec<&Volume> = all[start..].iter().copied().take(limit.unwrap_or(PAGE_MAX)).collect();
    let views: Vec<Value> = page.iter().map(|volume| entry(world, volume, minor, detail)).collect();
    let mut body = json!({"volumes": views});
    if let Some(last) = page.last().filter(|_| limit == Some(page.len())) {
        body["volumes_links"] = json!([{"rel": "next", "href": next(call, &format!("{}/volume{}", world.base, call.path), &last.id)}]);
    }
    Ok(Answer::json(200, &body))
}

/// Newest first.
fn sorted<'a>(world: &'a World, call: &Call, caller: &Caller) -> Vec<&'a Volume> {
    let everywhere = caller.admin && matches!(call.query("all_tenants"), Some("1" | "true" | "True"));
    let wanted = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
    // What is no dictionary matches no volume.
    let metadata = call.query("metadata").map(dictionary);
    let chosen = world.volumes.volumes.values().filter(|volume| {
        (everywhere || volume.project_id == caller.project_id)
            && wanted("name", volume.name.as_deref().unwrap_or_default())
            && wanted("status", volume.status)
            && metadata
                .as_ref()
                .is_none_or(|wanted| wanted.as_ref().is_some_and(|all| has_all(&volume.metadata, all)))
    });
    let mut chosen: Vec<&Volume> = chosen.collect();
    chosen.sort_by_key(|volume| Reverse(volume.number));
    chosen
}

fn entry(world: &World, volume: &Volume, minor: u16, detail: bool) -> Value {
    if detail {
        return json!(view::shown(world, volume, minor));
    }
    let links = view::links(&world.base, &volume.project_id, &volume.id);
    json!({"id": volume.id, "name": volume.name, "links": links})
}
