//! The storage contract's functions: what takes more than a request has a file of its own. What Cinder answers is read in
//! `volume`.

use patchbay_sdk::error::kind;
use patchbay_sdk::storage::{Disk, Disks, Spec};
use patchbay_sdk::{Begun, Context, Error, join_all};
use serde::Serialize;
use serde_json::json;

use crate::operation::{Ticket, Want};
use crate::settle::settle;
use crate::volume::{self, CINDER, OPERATION_KEY, Volume};
use crate::{attachment, size};

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
        Ok(Ticket::new(Want::Available, made.volume.id.into()).begun())
    }

    async fn get(ctx: Context, ids: Vec<String>) -> Result<Vec<Disk>, Error> {
        let volumes = join_all(ids.iter().map(|id| volume::show(id))).await;
        volumes.into_iter().map(|volume| Ok(volume?.into_disk(&ctx.region))).collect()
    }

    async fn made_by_operation(ctx: Context) -> Result<Vec<Disk>, Error> {
        let Some(operation) = &ctx.operation_id else { return Ok(Vec::new()) };
        let volumes = volume::made_by(&ctx, operation).await?;
        Ok(volumes.into_iter().map(|volume| volume.into_disk(&ctx.region)).collect())
    }

    async fn extend(_ctx: Context, id: String, size: u32) -> Result<Begun, Error> {
        size::extend(id, size).await
    }

    async fn update(_ctx: Context, id: String, name: String, description: String) -> Result<Begun, Error> {
        let changes = Changes { name: &name, description: &description };
        if changes.are_made(&volume::show(&id).await?) {
            return Ok(Begun { resource_id: id, ticket: None });
        }
        let asked = CINDER.put(&["volumes", &id]).json(&json!({ "volume": changes }))?.ok().await;
        let asked = asked
            .map(drop)
            .map_err(|e| e.explain(kind::INVALID, "The disk's name or description is not acceptable."));
        settle(asked, ("change", &id), |volume| volume.is_some_and(|v| changes.are_made(v))).await?;
        Ok(Begun { resource_id: id, ticket: None })
    }

    async fn attach(_ctx: Context, id: String, instance_id: String) -> Result<Begun, Error> {
        attachment::attach(id, instance_id).await
    }

    async fn detach(_ctx: Context, id: String, instance_id: String) -> Result<Begun, Error> {
        attachment::detach(id, instance_id).await
    }

    async fn delete(_ctx: Context, id: String) -> Result<Begun, Error> {
        let volume = volume::show(&id).await?;
        if volume.is_attached() {
            let state = volume.state();
            let sentence = format!("The disk {id} is {state}; detach it first.");
            return Err(Error::public(kind::CONFLICT, sentence));
        }
        let taken = CINDER.delete(&["volumes", &id]).taken().await;
        let unasked = matches!(taken, Ok(false));
        settle(taken.map(drop), ("delete", &id), |volume| volume.is_none_or(|v| v.status == "deleting"))
            .await?;
        Ok(Ticket { unasked, ..Ticket::new(Want::Gone, id) }.begun())
    }
}

/// An empty one stays as it is.
#[derive(Serialize)]
struct Changes<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
}

impl Changes<'_> {
    /// Cinder keeps neither with spaces around it.
    fn are_made(&self, volume: &Volume) -> bool {
        let is = |wanted: &str, now: &str| wanted.is_empty() || wanted.trim() == now;
        is(self.name, &volume.name) && is(self.description, &volume.description)
    }
}

fn refused(error: Error, spec: &Spec) -> Error {
    if error.is(kind::INVALID) && error.says("vailability zone") {
        let zone = &spec.availability_zone;
        return Error::public(
            kind::NOT_FOUND,
            format_args!("availability_zone: there is no zone {zone:?} for disks."),
        );
    }
    error
        .explain(kind::NOT_FOUND, format_args!("volume_type: there is no type {:?}.", spec.volume_type))
        .explain(kind::INVALID, "The disk's name, description or size_in_g is not acceptable.")
        .explain(kind::QUOTA, "The tenant's quota of disks or gigabytes is used up.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_changed_is_not_sent() {
        assert_eq!(json!(Changes { name: "n", description: "" }), json!({"name": "n"}));
        assert_eq!(json!(Changes { name: "", description: "d" }), json!({"description": "d"}));
    }

    #[test]
    fn a_refusal_names_the_field() {
        let spec = Spec {
            name: "v".into(),
            description: String::new(),
            availability_zone: "z".into(),
            volume_type: "t".into(),
            size: 1,
        };
        for (was, message, kind, says) in [
            (kind::INVALID, "Availability zone 'z' is invalid.", kind::NOT_FOUND, "availability_zone"),
            (kind::NOT_FOUND, "Volume type with name t could not be found.", kind::NOT_FOUND, "volume_type"),
            (kind::INVALID, "Invalid input for field/attribute size.", kind::INVALID, "size_in_g"),
            (kind::QUOTA, "VolumeLimitExceeded", kind::QUOTA, "quota"),
        ] {
            let error = refused(Error::hidden(was, message), &spec);
            assert!(error.is(kind) && error.public && error.message.contains(says), "{message}: {error:?}");
        }
    }
}
