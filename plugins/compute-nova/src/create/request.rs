//! What Nova and the storage plugin are asked for, and what Nova's refusal says about which field.

use patchbay_sdk::Error;
use patchbay_sdk::compute::Spec;
use patchbay_sdk::compute::disks;
use patchbay_sdk::error::kind;
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) struct NewServer<'a> {
    name: &'a str,
    #[serde(rename = "flavorRef")]
    flavor: &'a str,
    networks: Value,
    block_device_mapping_v2: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<[String; 1]>,
    #[serde(skip_serializing_if = "str::is_empty")]
    availability_zone: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    hypervisor_hostname: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    security_groups: Vec<Value>,
}

/// The server. Its root volume is made of the image by Nova and goes with it.
pub(super) fn body(tag: Option<String>, spec: &Spec) -> NewServer<'_> {
    let root = json!([{
        "boot_index": 0,
        "uuid": spec.image_id,
        "source_type": "image",
        "destination_type": "volume",
        "volume_size": spec.system_disk.size,
        "delete_on_termination": true,
    }]);
    NewServer {
        name: &spec.name,
        flavor: &spec.flavor_id,
        networks: json!([{"uuid": spec.network_id}]),
        block_device_mapping_v2: root,
        tags: tag.map(|tag| [tag]),
        availability_zone: &spec.availability_zone,
        hypervisor_hostname: &spec.hypervisor_hostname,
        security_groups: spec.security_groups.iter().map(|name| json!({"name": name})).collect(),
    }
}

/// The data disks. Volume types are not interpreted, so each is of the backend's default one.
pub(super) fn disks(spec: &Spec) -> impl Iterator<Item = disks::Spec> {
    spec.data_disks.iter().enumerate().map(|(at, disk)| disks::Spec {
        name: format!("{}-data-{}", spec.name, at + 1),
        description: String::new(),
        availability_zone: String::new(),
        volume_type: String::new(),
        size: disk.size,
    })
}

/// What Nova's sentence says, the kind that it is, and the platform's sentence for it. Nova answers 400 for
/// whatever it does not find. The first that fits counts.
const REFUSALS: [(&str, &str, &str); 14] = [
    ("too small", kind::INVALID, "flavor_ref: the flavor is too small for the image."),
    ("Flavor", kind::NOT_FOUND, "flavor_ref: there is no such flavor."),
    ("smaller than the minimum size", kind::INVALID, "system_disk: the image needs a larger one."),
    ("volume_size", kind::INVALID, "system_disk: size_in_g must be at least 1."),
    ("get image", kind::NOT_FOUND, "image_ref: there is no such image."),
    ("Image", kind::INVALID, "image_ref: the image cannot be used."),
    ("ecurity_group", kind::NOT_FOUND, "security_group_name: there is no such group."),
    ("ecurity group", kind::NOT_FOUND, "security_group_name: there is no such group, or more than one."),
    ("attribute networks", kind::INVALID, "network_uuid must be the id of a network."),
    ("Network", kind::NOT_FOUND, "network_uuid: there is no such network, or it has no subnet."),
    ("vailability zone", kind::NOT_FOUND, "availability_zone: there is no such zone."),
    (
        "requested_destination",
        kind::DENIED,
        "hypervisor_hostname: this cloud does not let tenants choose one.",
    ),
    ("Compute host", kind::NOT_FOUND, "hypervisor_hostname: there is no such hypervisor."),
    (
        "name",
        kind::INVALID,
        "instance_name must be 1 to 255 printable characters without spaces around them.",
    ),
];

/// The refusal in the platform's words, with the field that it is about.
pub(super) fn refused(error: Error) -> Error {
    if error.is(kind::QUOTA) {
        return error.explain(kind::QUOTA, "The tenant's quota of instances, vCPUs or memory is used up.");
    }
    if error.is(kind::CONFLICT) && error.says("security_group") {
        let sentence = "security_group_name: there is more than one group of this name; name it by its id.";
        return error.explain(kind::CONFLICT, sentence);
    }
    if !(error.is(kind::INVALID) || error.is(kind::DENIED)) {
        return error;
    }
    let Some((_, meant, sentence)) = REFUSALS.iter().find(|(words, ..)| error.says(words)) else {
        return error;
    };
    let was = error.kind.clone();
    Error { kind: (*meant).into(), ..error.explain(&was, sentence) }
}

#[cfg(test)]
mod tests {
    use patchbay_sdk::compute::DiskSpec;

    use super::*;

    #[test]
    fn a_refusal_names_the_field() {
        let table = [
            (kind::INVALID, "Flavor d6aa could not be found.", kind::NOT_FOUND, "flavor_ref"),
            (kind::INVALID, "Flavor's memory is too small for requested image.", kind::INVALID, "flavor_ref"),
            (kind::INVALID, "Network d6aa could not be found.", kind::NOT_FOUND, "network_uuid"),
            (
                kind::INVALID,
                "Network d6aa requires a subnet in order to boot instances on.",
                kind::NOT_FOUND,
                "network_uuid",
            ),
            (
                kind::INVALID,
                "Invalid input for field/attribute networks. Value: [{'uuid': 'x'}]",
                kind::INVALID,
                "network_uuid",
            ),
            (
                kind::INVALID,
                "Block Device Mapping is Invalid: failed to get image d6aa.",
                kind::NOT_FOUND,
                "image_ref",
            ),
            (
                kind::INVALID,
                "Invalid input for field/attribute volume_size. Value: 0.",
                kind::INVALID,
                "system_disk",
            ),
            (
                kind::INVALID,
                "Unable to find security_group with name or id 'nope'",
                kind::NOT_FOUND,
                "security_group_name",
            ),
            (
                kind::INVALID,
                "The requested availability zone is not available",
                kind::NOT_FOUND,
                "availability_zone",
            ),
            (
                kind::DENIED,
                "Policy doesn't allow compute:servers:create:requested_destination to be performed.",
                kind::DENIED,
                "hypervisor_hostname",
            ),
            (kind::INVALID, "Compute host nope could not be found.", kind::NOT_FOUND, "hypervisor_hostname"),
            (
                kind::INVALID,
                "An invalid 'name' value was provided. The name must be: printable characters.",
                kind::INVALID,
                "instance_name",
            ),
            (
                kind::INVALID,
                "Unable to find security_group with name or id 'Flavor Image'",
                kind::NOT_FOUND,
                "security_group_name",
            ),
            (
                kind::CONFLICT,
                "Multiple security_group matches found for name 'web', use an ID to be more specific.",
                kind::CONFLICT,
                "security_group_name",
            ),
            (kind::QUOTA, "Quota exceeded for instances", kind::QUOTA, "quota"),
        ];
        for (was, message, kind, field) in table {
            let error = refused(Error::hidden(was, message));
            assert!(error.is(kind) && error.public && error.message.contains(field), "{message}: {error:?}");
        }
    }

    #[test]
    fn other_failures_stay_what_they_are() {
        let error = refused(Error::hidden(kind::UNAVAILABLE, "Network is unreachable"));
        assert!(error.is(kind::UNAVAILABLE) && !error.public);
        assert!(!refused(Error::hidden(kind::INVALID, "something new")).public);
    }

    #[test]
    fn what_is_not_asked_for_is_not_sent() {
        let disk = || DiskSpec { volume_type: "fast".into(), size: 3 };
        let spec = Spec {
            name: "web".into(),
            availability_zone: String::new(),
            flavor_id: "f1".into(),
            image_id: "i1".into(),
            system_disk: disk(),
            data_disks: vec![disk(), disk()],
            network_id: "n1".into(),
            security_groups: Vec::new(),
            hypervisor_hostname: String::new(),
        };
        let body = json!(body(None, &spec));
        assert_eq!(body["block_device_mapping_v2"][0]["volume_size"], 3);
        for absent in ["tags", "availability_zone", "hypervisor_hostname", "security_groups"] {
            assert!(body.get(absent).is_none(), "{absent}");
        }
        let names: Vec<String> = disks(&spec).map(|disk| disk.name).collect();
        assert_eq!(names, ["web-data-1", "web-data-2"]);
    }
}
