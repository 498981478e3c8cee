//! Cinder's messages for its users: why it could not do what it had begun. They are kept for a month.

use patchbay_sdk::field::{Items, Text, Time};
use patchbay_sdk::openstack::Service;
use patchbay_sdk::{Error, log};
use serde::Deserialize;

use crate::volume::CINDER;

/// 3.5: messages, chosen by what they are about.
const MESSAGES: Service = Service { microversion: Some("volume 3.5"), ..CINDER };

#[derive(Deserialize)]
struct Many {
    messages: Items<Message>,
}

#[derive(Deserialize)]
struct Message {
    resource_uuid: Text,
    user_message: Text,
    created_at: Time,
}

/// The last that Cinder said of the volume; none where it says nothing, or cannot be asked.
pub(crate) async fn reason(volume: &str) -> Option<String> {
    let messages = read(volume).await.inspect_err(|error| log::warn(&error.message)).ok()?;
    let own = messages.into_iter().filter(|message| message.resource_uuid == *volume);
    own.max_by(|a, b| a.created_at.cmp(&b.created_at)).and_then(|last| last.user_message.some())
}

async fn read(volume: &str) -> Result<Items<Message>, Error> {
    let answer = MESSAGES.get(&["messages"]).query("resource_uuid", volume).ok().await?;
    Ok(answer.json::<Many>()?.messages)
}
