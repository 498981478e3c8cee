//! A share as Manila writes it. Which fields there are depends on the microversion.

use serde_json::{Value, json};

use super::{Share, access, links, micros};
use crate::world::World;

/// The microversions that added fields.
const SOFT_DELETE: u16 = 69;
const BACKUP: u16 = 80;
const ENCRYPTION: u16 = 90;
const INHERIT: u16 = 99;

/// As every answer shows it.
pub(super) fn shown(world: &World, share: &Share, minor: u16) -> Value {
    let available = share.status == "available" || share.status == "deleting" && !share.exports.is_empty();
    let mut view = json!({
        "id": share.id, "size": share.size, "availability_zone": share.zone, "created_at": micros(share.created),
        "status": share.status, "name": share.name, "description": share.description,
        "project_id": share.project_id, "snapshot_id": null, "share_network_id": share.network_id,
        "share_proto": share.protocol, "metadata": share.metadata, "share_type": share.share_type.id,
        "volume_type": share.share_type.name, "links": links(&world.base, "shares", &share.id),
        "is_public": false, "snapshot_support": true, "task_state": null,
        "share_type_name": share.share_type.name,
        "access_rules_status": access::status(&world.shares, &share.id), "replication_type": null,
        "has_replicas": false, "user_id": share.user_id, "create_share_from_snapshot_support": false,
        "revert_to_snapshot_support": false, "share_group_id": null,
        "source_share_group_snapshot_member_id": null, "mount_snapshot_support": false,
        "progress": available.then_some("100%"),
    });
    for (since, field, value) in [
        (SOFT_DELETE, "is_soft_deleted", json!(false)),
        (SOFT_DELETE, "scheduled_to_be_deleted_at", Value::Null),
        (BACKUP, "source_backup_id", Value::Null),
        (ENCRYPTION, "encryption_key_ref", Value::Null),
        (INHERIT, "snapshot_inherit_share_access_support", json!(false)),
    ] {
        if minor >= since {
            view[field] = value;
        }
    }
    view
}

/// As the list without details shows it.
pub(super) fn short(world: &World, share: &Share) -> Value {
    json!({"id": share.id, "name": share.name, "links": links(&world.base, "shares", &share.id)})
}
