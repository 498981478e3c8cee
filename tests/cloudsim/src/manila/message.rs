//! Messages: why something that was accepted did not come to be, in words for the tenant.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Share, links, micros, missing, require};
use crate::call::{Answer, Call, Outcome};
use crate::keystone::Caller;
use crate::query::{PAGE_MAX, limit, next};
use crate::world::{World, uuid};

/// How long a message is kept.
const LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Why a share could not be made.
#[derive(Clone, Copy)]
pub(super) enum Reason {
    /// No backend has room for it.
    NoStorage,
    /// There is no place for a share server on its network.
    NoServer,
}

impl Reason {
    /// The action, the detail, and both in words.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::NoStorage => (
                "001",
                "008",
                "allocate host: No storage could be allocated for this share request, Capabilities filter didn't \
                 succeed.",
            ),
            Self::NoServer => (
                "002",
                "004",
                "create: Could not find an existing share server or allocate one on the share network provided. You \
                 may use a different share network, or verify the network details in the share network and retry \
                 your request. If this doesn't work, contact your administrator to troubleshoot issues with your \
                 network.",
            ),
        }
    }
}

/// Outlives the share that it is about.
pub(super) struct Message {
    id: String,
    project_id: String,
    share_id: String,
    reason: Reason,
    request_id: String,
    created: Timestamp,
}

impl Message {
    pub(super) fn about(share: &Share, reason: Reason, now: Timestamp) -> Self {
        Self {
            id: uuid(),
            project_id: share.project_id.clone(),
            share_id: share.id.clone(),
            reason,
            request_id: share.request_id.clone(),
            created: now,
        }
    }

    fn is_seen_by(&self, caller: &Caller) -> bool {
        caller.admin || self.project_id == caller.project_id
    }

    fn view(&self, base: &str) -> Value {
        let (action, detail, words) = self.reason.words();
        json!({
            "id": self.id, "project_id": self.project_id, "action_id": action, "detail_id": detail,
            "message_level": "ERROR", "created_at": micros(self.created),
            "expires_at": micros(self.created.checked_add(LIFE).unwrap_or(Timestamp::MAX)),
            "request_id": self.request_id, "links": links(base, "messages", &self.id), "resource_type": "SHARE",
            "resource_id": self.share_id, "user_message": words,
        })
    }
}

/// Newest first.
pub(super) fn list(world: &World, call: &Call, caller: &Caller) -> Outcome {
    require(caller.reader)?;
    let limit = limit(call)?;
    let wanted = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
    let chosen = world.shares.messages.iter().rev().filter(|message| {
        message.is_seen_by(caller)
            && wanted("resource_id", &message.share_id)
            && wanted("resource_type", "SHARE")
            && wanted("message_level", "ERROR")
            && wanted("request_id", &message.request_id)
    });
    let page: Vec<&Message> = chosen.take(limit.unwrap_or(PAGE_MAX)).collect();
    let mut body = json!({"messages": page.iter().map(|m| m.view(&world.base)).collect::<Vec<_>>()});
    if let Some(last) = page.last().filter(|_| limit == Some(page.len())) {
        let list = format!("{}/share/v2/messages", world.base);
        body["messages_links"] = json!([{"rel": "next", "href": next(call, &list, &last.id)}]);
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn show(world: &World, caller: &Caller, id: &str) -> Outcome {
    require(caller.reader)?;
    let message = world.shares.messages.iter().find(|message| message.id == id && message.is_seen_by(caller));
    Ok(Answer::json(200, &json!({"message": message.ok_or_else(missing)?.view(&world.base)})))
}
