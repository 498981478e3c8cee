//! Messages: why a volume that was accepted did not come to be, in words for the tenant.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Volume;
use crate::call::{Answer, Call};
use crate::keystone::Caller;
use crate::world::{World, micros, uuid};

/// How long a message is kept.
const LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// That no backend has room for a volume. It outlives the volume.
pub(super) struct Message {
    id: String,
    project_id: String,
    volume_id: String,
    created: Timestamp,
}

impl Message {
    pub(super) fn about(volume: &Volume, now: Timestamp) -> Self {
        let (project_id, volume_id) = (volume.project_id.clone(), volume.id.clone());
        Self { id: uuid(), project_id, volume_id, created: now }
    }

    fn view(&self, base: &str) -> Value {
        let Self { id, project_id, volume_id, created } = self;
        let until = created.checked_add(LIFE).unwrap_or(Timestamp::MAX);
        json!({
            "id": id, "request_id": format!("req-{id}"), "event_id": "VOLUME_VOLUME_001_003", "message_level": "ERROR",
            "resource_type": "VOLUME", "resource_uuid": volume_id,
            "user_message": "schedule allocate volume:Could not find any available weighted backend.",
            "created_at": micros(*created), "guaranteed_until": micros(until),
            "links": [{"rel": "self", "href": format!("{base}/volume/v3/{project_id}/messages/{id}")},
                      {"rel": "bookmark", "href": format!("{base}/volume/{project_id}/messages/{id}")}],
        })
    }
}

pub(super) fn list(world: &World, call: &Call, caller: &Caller) -> Answer {
    let about = call.query("resource_uuid");
    let is_asked = |message: &&Message| {
        (caller.admin || message.project_id == caller.project_id)
            && about.is_none_or(|id| id == message.volume_id)
    };
    let shown = world.volumes.messages.iter().filter(is_asked).map(|message| message.view(&world.base));
    Answer::json(200, &json!({"messages": shown.collect::<Vec<_>>()}))
}
