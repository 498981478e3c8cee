//! Attaching and detaching. Nova does both, so that the hypervisor takes part.

use patchbay_sdk::error::kind;
use patchbay_sdk::openstack::Service;
use patchbay_sdk::{Begun, Error};
use serde_json::json;

use crate::operation::{Ticket, Want};
use crate::settle::{settle, with_state};
use crate::volume::{self, CINDER, UPSTREAM, Volume};

const NOVA: Service = Service { upstream: UPSTREAM, root: &["compute"], microversion: None };

/// 3.27: attachments by themselves.
const ATTACHMENTS: Service = Service { microversion: Some("volume 3.27"), ..CINDER };

/// Asks Nova for it; the ticket ends when the disk is in use at the instance.
pub(crate) async fn attach(id: String, instance: String) -> Result<Begun, Error> {
    check_free(&volume::show(&id).await?, &instance)?;
    let body = json!({"volumeAttachment": {"volumeId": id}});
    let asked = NOVA.post(&["servers", &instance, "os-volume_attachments"]).json(&body)?.ok().await;
    let asked = match asked {
        Ok(_) => Ok(()),
        Err(error) if error.is(kind::INVALID) => Err(with_state(error, ("attach", &id)).await),
        Err(error) => Err(refused(error, ("attach", &id), &instance).await),
    };
    let begun = |volume: Option<&Volume>| {
        volume.is_some_and(|v| matches!(v.status.as_str(), "reserved" | "attaching") || v.is_at(&instance))
    };
    settle(asked, ("attach", &id), begun).await?;
    Ok(Ticket::new(Want::Attached(instance), id).begun())
}

/// Asks Nova for it; the ticket ends when the disk is free.
pub(crate) async fn detach(id: String, instance: String) -> Result<Begun, Error> {
    let volume = volume::show(&id).await?;
    if !volume.is_at(&instance) {
        check_exists(&instance).await?;
        let state = volume.state();
        let sentence = format!("The disk {id} is not attached to the instance {instance}: it is {state}.");
        return Err(Error::public(kind::CONFLICT, sentence));
    }
    let asked = NOVA.delete(&["servers", &instance, "os-volume_attachments", &id]).ok().await;
    let asked = match asked {
        Err(error) if error.message.contains("root device") => {
            let sentence =
                format!("The disk {id} is the system disk of the instance {instance} and stays there.");
            Err(Error::public(kind::CONFLICT, sentence))
        }
        Err(error) if volume.status == "available" && error.is(kind::NOT_FOUND) => {
            forget(error, &volume, &instance).await
        }
        Err(error) if error.is(kind::CONFLICT) => Err(refused(error, ("detach", &id), &instance).await),
        // A repeated request is refused where the first one, whose answer was lost, was heard.
        asked => asked.map(drop),
    };
    let begun =
        |volume: Option<&Volume>| volume.is_some_and(|v| v.status == "detaching" || !v.is_at(&instance));
    settle(asked, ("detach", &id), begun).await?;
    Ok(Ticket::new(Want::Detached(instance), id).begun())
}

/// Ends attachments that are Cinder's alone: a free volume that shows one is not at the instance, and Nova knows nothing of it,
/// but Cinder would delete it only without. Any other refusal says nothing of that.
async fn forget(error: Error, volume: &Volume, instance: &str) -> Result<(), Error> {
    let mut stale = volume.attachments_at(instance).peekable();
    if stale.peek().is_none() {
        return Err(error);
    }
    for id in stale {
        ATTACHMENTS.delete(&["attachments", id]).gone().await?;
    }
    Ok(())
}

fn check_free(volume: &Volume, instance: &str) -> Result<(), Error> {
    let (id, state) = (&volume.id, volume.state());
    let sentence = match volume.status.as_str() {
        _ if volume.is_at(instance) => {
            format!("The disk {id} is attached to the instance {instance} already.")
        }
        "available" => return Ok(()),
        "in-use" => format!("The disk {id} is {state}; detach it there first."),
        _ => format!("The disk {id} is {state}; it can be attached when it is available."),
    };
    Err(Error::public(kind::CONFLICT, sentence))
}

/// What Nova's refusal says about the instance.
async fn refused(error: Error, (deed, id): (&str, &str), instance: &str) -> Error {
    if error.is(kind::NOT_FOUND) {
        // An instance that was made a moment ago is shown before it can be asked for anything.
        let made = format!("The instance {instance} is still being made; try again.");
        return check_exists(instance).await.err().unwrap_or_else(|| Error::public(kind::BUSY, made));
    }
    let state = format!("The instance {instance} is not in a state to {deed} the disk {id}.");
    error.explain(kind::CONFLICT, state)
}

async fn check_exists(instance: &str) -> Result<(), Error> {
    let shown = NOVA.get(&["servers", instance]).show().await;
    shown.map(drop).map_err(|e| e.explain(kind::NOT_FOUND, format_args!("There is no instance {instance}.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::tests::volume;

    #[test]
    fn only_an_available_disk_can_be_attached() {
        assert!(check_free(&volume("available", None), "s1").is_ok());
        for (status, at, says) in [
            ("in-use", Some("s1"), "instance s1 already"),
            ("in-use", Some("s2"), "at the instance s2; detach it"),
            ("detaching", Some("s2"), "is detaching"),
            ("error", None, "is error"),
            ("reserved", None, "is reserved"),
        ] {
            let error = check_free(&volume(status, at), "s1").unwrap_err();
            assert!(error.is(kind::CONFLICT) && error.message.contains(says), "{status}: {error:?}");
        }
    }
}
