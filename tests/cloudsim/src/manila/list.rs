//! The list of shares: filters and pages. A filter that Manila does not know is none.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::{Share, broken, require, view};
use crate::call::{Answer, Call, Outcome};
use crate::keystone::Caller;
use crate::query::{PAGE_MAX, dictionary, has_all, limit, next};
use crate::world::World;

pub(super) fn shares(world: &World, call: &Call, caller: &Caller, minor: u16, detail: bool) -> Outcome {
    require(caller.reader)?;
    let limit = limit(call)?;
    // What is no dictionary breaks Manila.
    let metadata = call.query("metadata").map(|text| dictionary(text).ok_or_else(broken)).transpose()?;
    let mut all = chosen(world, call, caller);
    all.retain(|share| metadata.as_ref().is_none_or(|wanted| has_all(&share.metadata, wanted)));
    let (count, offset) = (all.len(), call.query("offset").and_then(|text| text.parse().ok()).unwrap_or(0));
    // An offset counts only where there is a limit, and there is no marker.
    let skipped = if limit.is_some() { offset } else { 0 };
    let page: Vec<&Share> = all.into_iter().skip(skipped).take(limit.unwrap_or(PAGE_MAX)).collect();
    let entry = |share: &&Share| {
        if detail { view::shown(world, share, minor) } else { view::short(world, share) }
    };
    let mut body = json!({"shares": page.iter().map(entry).collect::<Vec<Value>>()});
    if matches!(call.query("with_count"), Some("True" | "true" | "1")) {
        body["count"] = json!(count);
    }
    if let Some(last) = page.last().filter(|_| limit == Some(page.len())) {
        // Also where the details are asked for.
        let list = format!("{}/share/v2/shares", world.base);
        body["shares_links"] = json!([{"rel": "next", "href": next(call, &list, &last.id)}]);
    }
    Ok(Answer::json(200, &body))
}

/// Newest first.
fn chosen<'a>(world: &'a World, call: &Call, caller: &Caller) -> Vec<&'a Share> {
    let everywhere = caller.admin && matches!(call.query("all_tenants"), Some("1" | "true" | "True"));
    let wanted = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
    let chosen = world.shares.shares.values().filter(|share| {
        let name = share.name.as_deref().unwrap_or_default();
        let part = |wanted: &str| name.contains(wanted);
        (everywhere || share.project_id == caller.project_id)
            && wanted("name", name)
            && call.query("name~").is_none_or(part)
            && wanted("status", share.status)
            && wanted("share_network_id", &share.network_id)
            && wanted("share_type_id", &share.share_type.id)
    });
    let mut chosen: Vec<&Share> = chosen.collect();
    chosen.sort_by_key(|share| Reverse(share.number));
    chosen
}
