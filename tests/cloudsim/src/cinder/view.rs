//! A volume as Cinder writes it. Which fields there are depends on the microversion.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{Volume, ZONE};
use crate::call::Link;
use crate::world::{World, micros};

/// The microversions that added fields.
const GROUP: u16 = 13;
const SHARED_TARGETS: u16 = 48;
const TYPE_ID: u16 = 63;
const CONSUMES_QUOTA: u16 = 65;

#[derive(Serialize)]
pub(super) struct View<'a> {
    id: &'a str,
    status: &'static str,
    size: i64,
    availability_zone: &'static str,
    created_at: String,
    updated_at: Option<String>,
    name: Option<&'a str>,
    description: Option<&'a str>,
    volume_type: &'a str,
    snapshot_id: (),
    source_volid: (),
    metadata: &'a BTreeMap<String, String>,
    links: [Link; 2],
    user_id: &'a str,
    bootable: &'static str,
    encrypted: bool,
    replication_status: (),
    consistencygroup_id: (),
    multiattach: bool,
    attachments: Vec<AttachmentView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_targets: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_uuid: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume_type_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumes_quota: Option<bool>,
    #[serde(rename = "os-vol-tenant-attr:tenant_id", skip_serializing_if = "Option::is_none")]
    tenant_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume_image_metadata: Option<&'a Value>,
}

#[derive(Serialize)]
struct AttachmentView<'a> {
    id: &'a str,
    attachment_id: &'a str,
    volume_id: &'a str,
    server_id: &'a str,
    host_name: (),
    device: &'a str,
    attached_at: String,
}

/// As GET shows it; what a POST or PUT answers has neither the owner nor the image.
pub(super) fn shown<'a>(world: &'a World, volume: &'a Volume, minor: u16) -> View<'a> {
    View {
        tenant_id: Some(&volume.project_id),
        volume_image_metadata: volume.image.as_ref(),
        ..changed(world, volume, minor)
    }
}

/// As the answer to a POST or PUT.
pub(super) fn changed<'a>(world: &'a World, volume: &'a Volume, minor: u16) -> View<'a> {
    let id = volume.id.as_str();
    let served = volume.status != "creating";
    let attached = volume.attachment.iter().filter(|a| a.attached.is_some());
    View {
        id,
        status: volume.status,
        size: volume.size,
        availability_zone: ZONE,
        created_at: micros(volume.created),
        updated_at: volume.updated.map(micros),
        name: volume.name.as_deref(),
        description: volume.description.as_deref(),
        volume_type: &volume.volume_type.name,
        snapshot_id: (),
        source_volid: (),
        metadata: &volume.metadata,
        links: links(&world.base, &volume.project_id, id),
        user_id: &volume.user_id,
        bootable: if volume.image.is_some() { "true" } else { "false" },
        encrypted: false,
        replication_status: (),
        consistencygroup_id: (),
        multiattach: false,
        attachments: attached
            .map(|a| AttachmentView {
                id,
                attachment_id: &a.id,
                volume_id: id,
                server_id: &a.server_id,
                host_name: (),
                device: &a.device,
                attached_at: a.attached.map(micros).unwrap_or_default(),
            })
            .collect(),
        group_id: (minor >= GROUP).then_some(()),
        shared_targets: (minor >= SHARED_TARGETS).then_some(!served),
        service_uuid: (minor >= SHARED_TARGETS).then(|| served.then_some(world.volumes.service_id.as_str())),
        volume_type_id: (minor >= TYPE_ID).then_some(volume.volume_type.id.as_str()),
        consumes_quota: (minor >= CONSUMES_QUOTA).then_some(true),
        tenant_id: None,
        volume_image_metadata: None,
    }
}

pub(super) fn links(base: &str, project: &str, id: &str) -> [Link; 2] {
    [
        Link { rel: "self", href: format!("{base}/volume/v3/{project}/volumes/{id}") },
        Link { rel: "bookmark", href: format!("{base}/volume/{project}/volumes/{id}") },
    ]
}
