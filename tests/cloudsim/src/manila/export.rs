//! Export locations: where a share is mounted from, one for each address of its share server.

use serde_json::{Value, json};

use super::{Share, require};
use crate::call::{Answer, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::{World, uuid};

/// The microversion that added a field.
const METADATA: u16 = 87;

/// One of them.
pub(super) struct Export {
    id: String,
    path: String,
}

/// The first is preferred.
pub(super) fn made(share_id: &str, addresses: &[String]) -> Vec<Export> {
    let instance = uuid().replace('-', "_");
    let share = share_id.replace('-', "_");
    let path = |address: &String| format!("{address}:/path/to/fake/share/share_{share}_{instance}");
    addresses.iter().map(|address| Export { id: uuid(), path: path(address) }).collect()
}

/// None until the share is made.
pub(super) fn list(world: &World, caller: &Caller, minor: u16, id: &str) -> Outcome {
    require(caller.reader)?;
    let seen = |share: &&Share| caller.admin || share.project_id == caller.project_id;
    let missing = || Refusal::not_found(format!("Share '{id}' not found."));
    let share = world.shares.shares.get(id).filter(seen).ok_or_else(missing)?;
    let entry = |(number, export): (usize, &Export)| {
        let mut view = json!({"id": export.id, "path": export.path, "preferred": number == 0});
        if minor >= METADATA {
            view["metadata"] = json!({});
        }
        view
    };
    let entries: Vec<Value> = share.exports.iter().enumerate().map(entry).collect();
    Ok(Answer::json(200, &json!({"export_locations": entries})))
}
