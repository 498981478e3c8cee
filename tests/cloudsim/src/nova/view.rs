//! A server as Nova writes it. Which fields there are depends on the microversion and on who asks.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;
use serde_json::{Value, json};

use super::server::Server;
use super::{HOST, ZONE, links};
use crate::call::Link;
use crate::keystone::Caller;
use crate::world::{World, micros, seconds};

/// The microversions that added fields.
const EXTENDED_ATTRIBUTES: u16 = 3;
const LOCKED: u16 = 9;
const DELETE_ON_TERMINATION: u16 = 3;
const HOST_STATUS: u16 = 16;
const DESCRIPTION: u16 = 19;
const TAGS: u16 = 26;
const EMBEDDED_FLAVOR: u16 = 47;
const TRUSTED: u16 = 63;
const SERVER_GROUPS: u16 = 71;
const LOCKED_REASON: u16 = 73;
const HOSTNAME: u16 = 90;
const PINNED_ZONE: u16 = 96;

/// `{"server": …}`
#[derive(Serialize)]
pub(super) struct Wrapped<'a> {
    pub(super) server: View<'a>,
}

#[derive(Serialize)]
pub(super) struct View<'a> {
    id: &'a str,
    name: &'a str,
    status: &'static str,
    tenant_id: &'a str,
    user_id: &'a str,
    created: String,
    updated: String,
    #[serde(rename = "accessIPv4")]
    access_v4: &'static str,
    #[serde(rename = "accessIPv6")]
    access_v6: &'static str,
    addresses: BTreeMap<&'a str, Vec<AddressView<'a>>>,
    flavor: FlavorView<'a>,
    image: Value,
    links: [Link; 2],
    metadata: &'a BTreeMap<String, String>,
    #[serde(rename = "hostId")]
    host_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Value>,
    config_drive: &'static str,
    key_name: (),
    #[serde(skip_serializing_if = "Option::is_none")]
    security_groups: Option<Vec<Group<'a>>>,
    #[serde(rename = "OS-DCF:diskConfig")]
    disk_config: &'static str,
    #[serde(rename = "OS-EXT-AZ:availability_zone")]
    zone: &'a str,
    #[serde(rename = "OS-SRV-USG:launched_at")]
    launched: Option<String>,
    #[serde(rename = "OS-SRV-USG:terminated_at")]
    terminated: Option<String>,
    #[serde(rename = "OS-EXT-STS:task_state")]
    task_state: Option<&'static str>,
    #[serde(rename = "OS-EXT-STS:vm_state")]
    vm_state: &'static str,
    #[serde(rename = "OS-EXT-STS:power_state")]
    power_state: u8,
    #[serde(rename = "os-extended-volumes:volumes_attached")]
    volumes: Vec<DiskView<'a>>,
    #[serde(flatten)]
    newer: Newer<'a>,
    #[serde(flatten)]
    of_admin: Option<OfAdmin<'a>>,
}

/// What microversions added.
#[derive(Serialize)]
struct Newer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    locked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trusted_image_certificates: Option<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_groups: Option<[(); 0]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locked_reason: Option<()>,
    #[serde(rename = "OS-EXT-SRV-ATTR:hostname", skip_serializing_if = "Option::is_none")]
    hostname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned_availability_zone: Option<Option<&'a str>>,
}

/// What only an admin sees.
#[derive(Serialize)]
struct OfAdmin<'a> {
    #[serde(rename = "OS-EXT-SRV-ATTR:host")]
    host: Option<&'a str>,
    #[serde(rename = "OS-EXT-SRV-ATTR:hypervisor_hostname")]
    hypervisor: Option<&'a str>,
    #[serde(rename = "OS-EXT-SRV-ATTR:instance_name")]
    instance_name: String,
    #[serde(rename = "OS-EXT-SRV-ATTR:root_device_name", skip_serializing_if = "Option::is_none")]
    root_device: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host_status: Option<&'static str>,
}

/// Up to 2.46 a link, from 2.47 the flavor's content without its id.
#[derive(Serialize)]
#[serde(untagged)]
enum FlavorView<'a> {
    Link {
        id: &'a str,
        links: [Link; 1],
    },
    Embedded {
        vcpus: u32,
        ram: u32,
        disk: u32,
        ephemeral: u32,
        swap: u32,
        original_name: &'a str,
        extra_specs: BTreeMap<String, String>,
    },
}

#[derive(Serialize)]
struct AddressView<'a> {
    version: u8,
    addr: &'a str,
    #[serde(rename = "OS-EXT-IPS:type")]
    kind: &'static str,
    #[serde(rename = "OS-EXT-IPS-MAC:mac_addr")]
    mac: &'a str,
}

#[derive(Serialize)]
struct Group<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct DiskView<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    delete_on_termination: Option<bool>,
}

/// Everything that the caller may see of it.
pub(super) fn whole<'a>(world: &'a World, server: &'a Server, caller: &Caller, minor: u16) -> View<'a> {
    let base = &world.base;
    let status = server.status();
    let placed = !server.is_unscheduled() && server.fault.is_none();
    View {
        id: &server.id,
        name: &server.name,
        status,
        tenant_id: &server.project_id,
        user_id: &server.user_id,
        created: seconds(server.created),
        updated: seconds(server.updated),
        access_v4: "",
        access_v6: "",
        addresses: addresses(server),
        flavor: flavor(base, server, minor),
        image: image(base, server),
        links: links(base, "servers", &server.id),
        metadata: &server.metadata,
        host_id: if placed { host_id(&server.project_id) } else { String::new() },
        progress: matches!(status, "ACTIVE" | "BUILD" | "RESIZE" | "VERIFY_RESIZE").then_some(0),
        fault: fault(server),
        config_drive: "",
        key_name: (),
        security_groups: groups(world, server),
        disk_config: "MANUAL",
        zone: server.zone.as_deref().unwrap_or(if placed { ZONE } else { "" }),
        launched: server.launched.map(micros),
        terminated: server.terminated.map(micros),
        task_state: server.task_state,
        vm_state: server.vm_state,
        power_state: server.power_state(),
        volumes: volumes(server, minor),
        newer: newer(server, minor),
        of_admin: caller.admin.then(|| of_admin(server, placed, minor)),
    }
}

/// Absent where it is in none.
fn groups<'a>(world: &'a World, server: &Server) -> Option<Vec<Group<'a>>> {
    let names = world.networks.server_group_names(&server.id);
    (!names.is_empty()).then(|| names.into_iter().map(|name| Group { name }).collect())
}

fn addresses(server: &Server) -> BTreeMap<&str, Vec<AddressView<'_>>> {
    let mut networks: BTreeMap<&str, Vec<AddressView<'_>>> = BTreeMap::new();
    for address in &server.addresses {
        let view = AddressView { version: 4, addr: &address.address, kind: "fixed", mac: &address.mac };
        networks.entry(&address.network).or_default().push(view);
    }
    networks
}

fn flavor<'a>(base: &str, server: &'a Server, minor: u16) -> FlavorView<'a> {
    let flavor = &server.flavor;
    if minor < EMBEDDED_FLAVOR {
        let href = format!("{base}/compute/flavors/{}", flavor.id);
        return FlavorView::Link { id: &flavor.id, links: [Link { rel: "bookmark", href }] };
    }
    FlavorView::Embedded {
        vcpus: flavor.vcpus,
        ram: flavor.ram,
        disk: flavor.disk,
        ephemeral: 0,
        swap: 0,
        original_name: &flavor.name,
        extra_specs: BTreeMap::new(),
    }
}

/// An empty text where it boots from a volume.
fn image(base: &str, server: &Server) -> Value {
    let Some(id) = &server.image_id else { return json!("") };
    json!({"id": id, "links": [{"rel": "bookmark", "href": format!("{base}/compute/images/{id}")}]})
}

fn fault(server: &Server) -> Option<Value> {
    let (at, message) = server.fault.as_ref()?;
    Some(json!({"code": 500, "created": seconds(*at), "message": message}))
}

fn volumes(server: &Server, minor: u16) -> Vec<DiskView<'_>> {
    let disks = server.disks.iter().filter_map(|disk| Some((disk.volume_id()?, disk.delete_on_termination)));
    let shown = |delete| (minor >= DELETE_ON_TERMINATION).then_some(delete);
    disks.map(|(id, delete)| DiskView { id, delete_on_termination: shown(delete) }).collect()
}

fn newer(server: &Server, minor: u16) -> Newer<'_> {
    Newer {
        locked: (minor >= LOCKED).then_some(false),
        description: (minor >= DESCRIPTION).then_some(server.description.as_deref()),
        tags: (minor >= TAGS).then_some(server.tags.as_slice()),
        trusted_image_certificates: (minor >= TRUSTED).then_some(()),
        server_groups: (minor >= SERVER_GROUPS).then_some([]),
        locked_reason: (minor >= LOCKED_REASON).then_some(()),
        hostname: (minor >= HOSTNAME).then_some(server.name.as_str()),
        pinned_availability_zone: (minor >= PINNED_ZONE).then_some(server.zone.as_deref()),
    }
}

fn of_admin(server: &Server, placed: bool, minor: u16) -> OfAdmin<'_> {
    let host = placed.then_some(HOST);
    OfAdmin {
        host,
        hypervisor: host,
        instance_name: format!("instance-{:08x}", server.number),
        root_device: (minor >= EXTENDED_ATTRIBUTES)
            .then(|| server.disks.first().map_or(Some("/dev/sda"), |disk| Some(disk.device.as_str()))),
        host_status: (minor >= HOST_STATUS).then_some("UP"),
    }
}

/// The same for one project's servers on the one host, and nobody else's.
pub(super) fn host_id(project: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (project, HOST).hash(&mut hasher);
    format!("{:016x}", hasher.finish()).repeat(4)[..56].to_owned()
}
