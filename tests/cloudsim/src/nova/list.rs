//! The list of servers: filters and pages.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::server::Server;
use super::{after_marker, limit, links, next_links, require, view};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::World;

/// The parameters that are filters or paging.
const KNOWN: [&str; 20] = [
    "limit",
    "marker",
    "sort_key",
    "sort_dir",
    "all_tenants",
    "name",
    "status",
    "tags",
    "tags-any",
    "not-tags",
    "not-tags-any",
    "changes-since",
    "changes-before",
    "deleted",
    "flavor",
    "image",
    "host",
    "ip",
    "uuid",
    "project_id",
];
/// From here on an unknown filter is refused, not ignored.
const STRICT_FILTERS: u16 = 75;
/// From here on `tags` and its kin are filters.
const TAG_FILTERS: u16 = 26;
/// The words that `status` may be.
const STATUSES: [&str; 18] = [
    "ACTIVE",
    "BUILD",
    "DELETED",
    "ERROR",
    "HARD_REBOOT",
    "MIGRATING",
    "PASSWORD",
    "PAUSED",
    "REBOOT",
    "REBUILD",
    "RESCUE",
    "RESIZE",
    "REVERT_RESIZE",
    "SHELVED",
    "SHUTOFF",
    "SUSPENDED",
    "UNKNOWN",
    "VERIFY_RESIZE",
];

pub(super) fn servers(world: &World, call: &Call, caller: &Caller, minor: u16, detail: bool) -> Outcome {
    require(caller.reader, if detail { "servers:detail" } else { "servers:index" })?;
    if let Some(name) = call.query_names().find(|name| minor >= STRICT_FILTERS && !KNOWN.contains(name)) {
        return Err(Refusal::bad_request(format!("'{name}' does not match any of the regexes: '^_'")));
    }
    let everywhere = matches!(call.query("all_tenants"), Some("1" | "true" | "True"));
    if everywhere {
        require(caller.admin, "servers:detail:get_all_tenants")?;
    }
    let limit = limit(call)?;
    let filter = Filter::of(call, minor)?;
    let all = world.compute.servers.values();
    let all =
        all.filter(|server| (everywhere || server.project_id == caller.project_id) && filter.passes(server));
    let mut all: Vec<&Server> = all.collect();
    all.sort_by_key(|server| Reverse(server.number));
    let start = after_marker(call, all.iter().map(|server| &server.id))?;
    let page: Vec<&Server> = all[start..].iter().copied().take(limit).collect();
    let views: Vec<Value> = page.iter().map(|server| entry(world, server, caller, minor, detail)).collect();
    let mut body = json!({"servers": views});
    if let Some(last) = page.last().filter(|_| call.query("limit").is_some() && page.len() == limit) {
        body["servers_links"] = next_links(world, call, &last.id);
    }
    Ok(Answer::json(200, &body))
}

fn entry(world: &World, server: &Server, caller: &Caller, minor: u16, detail: bool) -> Value {
    if !detail {
        return json!({"id": server.id, "name": server.name, "links": links(&world.base, "servers", &server.id)});
    }
    let mut view = json!(view::whole(world, server, caller, minor));
    if let Some(view) = view.as_object_mut() {
        // Of one server it is shown, of many it is not.
        view.remove("server_groups");
    }
    view
}

/// What the query asks for.
struct Filter<'a> {
    name: Option<&'a str>,
    id: Option<&'a str>,
    status: Option<String>,
    changed_since: Option<Timestamp>,
    /// All, any, not all, not any.
    tags: [Option<Vec<&'a str>>; 4],
}

impl<'a> Filter<'a> {
    fn of(call: &'a Call, minor: u16) -> Result<Self, Refusal> {
        let status = call.query("status").map(str::to_uppercase);
        if status.as_deref().is_some_and(|status| !STATUSES.contains(&status)) {
            return Err(Refusal::bad_request("Invalid status value"));
        }
        let since = call.query("changes-since").map(str::parse).transpose();
        let since = since.map_err(|_| Refusal::bad_request("Invalid changes-since value"))?;
        let tags = ["tags", "tags-any", "not-tags", "not-tags-any"].map(|name| {
            call.query(name).filter(|_| minor >= TAG_FILTERS).map(|tags| tags.split(',').collect())
        });
        Ok(Self { name: call.query("name"), id: call.query("uuid"), status, changed_since: since, tags })
    }

    /// Deleted servers are shown to those who ask for changes.
    fn passes(&self, server: &Server) -> bool {
        let alive = !server.is_deleted();
        self.name.is_none_or(|name| server.name.contains(name))
            && self.id.is_none_or(|id| server.id == id)
            && self.status.as_deref().is_none_or(|status| server.status() == status)
            && self.changed_since.map_or(alive, |since| server.updated >= since)
            && self.tags_pass(&server.tags)
    }

    fn tags_pass(&self, tags: &[String]) -> bool {
        let has = |tag: &&str| tags.iter().any(|own| own == tag);
        let [all, any, not_all, not_any] = &self.tags;
        all.as_ref().is_none_or(|wanted| wanted.iter().all(has))
            && any.as_ref().is_none_or(|wanted| wanted.iter().any(has))
            && not_all.as_ref().is_none_or(|wanted| !wanted.iter().all(has))
            && not_any.as_ref().is_none_or(|wanted| !wanted.iter().any(has))
    }
}
