//! The storage contract's functions. Reading what Cinder answers is `volume`'s affair.

use patchbay_sdk::error::kind;
use patchbay_sdk::storage::{Disk, Disks, Spec};
use patchbay_sdk::{Begun, Context, Error, join_all};
use serde::Serialize;
use serde_json::json;

use crate::operation::{Ticket, Want};
use crate::volume::{self, CINDER, NOVA, OPERATION_KEY};

#[derive(Serialize)]
struct NewVolume<'a> {
    name: &'a str,
    description: &'a str,
    size: u32,
    #[serde(skip_serializing_if = "str::is_empty")]
    availability_zone: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    volume_type: &'a str,
    metadata: serde_json::Value,
}

impl Disks for crate::Cinder {
    async fn create(ctx: Context, spec: Spec) -> Result<Begun, Error> {
        let metadata = match &ctx.operation_id {
            Some(operation) => json!({ OPERATION_KEY: operation }),
            None => json!({}),
        };
        let volume = NewVolume {
            name: &spec.name,
            description: &spec.description,
            size: spec.size,
            availability_zone: &spec.availability_zone,
            volume_type: &spec.volume_type,
            metadata,
        };
        let answer = CINDER.post(&["volumes"]).json(&json!({ "volume": volume }))?.ok().await;
        let made: volume::One = answer.map_err(|e| refused(e, &spec))?.json()?;
        Ok(Ticket { want: Want::Available, id: made.volume.id }.begun())
    }

    async fn get(ctx: Context, ids: Vec<String>) -> Result<Vec<Disk>, Error> {
        let volumes = join_all(ids.iter().map(|id| volume::show(id))).await;
        volumes.into_iter().map(|volume| Ok(volume?.into_disk(&ctx.region))).collect()
    }

    async fn made_by_operation(ctx: Context) -> Result<Vec<Disk>, Error> {
        let Some(operation) = &ctx.operation_id else { return Ok(Vec::new()) };
        let volumes = volume::made_by(operation).await?;
        Ok(volumes.into_iter().map(|volume| volume.into_disk(&ctx.region)).collect())
    }

    async fn attach(ctx: Context, id: String, instance_id: String) -> Result<Begun, Error> {
        let body = json!({"volumeAttachment": {"volumeId": id}});
        let request = NOVA.post(&["servers", &instance_id, "os-volume_attachments"]).json(&body)?;
        let attached = request.ok().await;
        let disk = volume::show(&id).await?.into_disk(&ctx.region);
        match attached {
            // Attached by an earlier call, whose answer was lost.
            Err(_) if is_attached(&disk, &instance_id) => {}
            attached => drop(attached.map_err(|e| unattachable(e, &id, &instance_id))?),
        }
        Ok(Ticket { want: Want::InUse, id }.begun())
    }

    async fn delete(_ctx: Context, id: String) -> Result<Begun, Error> {
        let answer = CINDER.delete(&["volumes", &id]).ok().await;
        answer.map_err(|e| {
            e.explain(kind::NOT_FOUND, format_args!("There is no disk {id}."))
                .explain(kind::INVALID, format_args!("The disk {id} is in use; detach it first."))
        })?;
        Ok(Ticket { want: Want::Gone, id }.begun())
    }
}

fn is_attached(disk: &Disk, instance: &str) -> bool {
    disk.attachment.as_ref().is_some_and(|attachment| attachment.instance_id == instance)
}

fn refused(error: Error, spec: &Spec) -> Error {
    let what = if error.message.contains("vailability zone") {
        format!("availability_zone: there is no zone {:?} for disks.", spec.availability_zone)
    } else {
        "The disk's name, description or size_in_g is not acceptable.".into()
    };
    error
        .explain(kind::NOT_FOUND, format_args!("volume_type: there is no type {:?}.", spec.volume_type))
        .explain(kind::INVALID, what)
        .explain(kind::QUOTA, "The tenant's quota of disks or gigabytes is used up.")
}

fn unattachable(error: Error, id: &str, instance: &str) -> Error {
    error
        .explain(kind::NOT_FOUND, format_args!("There is no instance {instance}."))
        .explain(kind::INVALID, format_args!("The disk {id} is not free to be attached."))
        .explain(kind::CONFLICT, format_args!("The instance {instance} is not in a state to attach a disk."))
}
