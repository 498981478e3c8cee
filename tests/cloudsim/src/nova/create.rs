//! A server's creation up to the 202: what is looked up, in Nova's order. The build is in `lifecycle`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::flavor::{self, Flavor};
use super::history::Action;
use super::quota::Change;
use super::server::{Disk, Server, Source};
use super::{HOST, Step, ZONE, links, require, schema, security_group};
use crate::call::{Answer, Call, Outcome, Refusal};
use crate::keystone::Caller;
use crate::world::{Event, World, uuid};

/// The security group that is said of a server that named none.
const DEFAULT_GROUP: &str = "default";
/// Bytes in a GiB, in a sentence about sizes.
const GIB: i64 = 1 << 30;

pub(super) fn server(world: &mut World, call: &Call, caller: &Caller, minor: u16) -> Outcome {
    let wanted = schema::server(call, minor)?;
    require(caller.member, "servers:create")?;
    let (zone, host) = place(&wanted, caller)?;
    let disks = disks(&wanted)?;
    let image_id = image(world, &wanted, caller, &disks)?;
    let flavor = flavor(world, &wanted)?;
    if zone.as_deref().is_some_and(|zone| zone != ZONE) {
        return Err(Refusal::bad_request("The requested availability zone is not available"));
    }
    let networks = networks(world, &wanted, caller)?;
    let security_groups = security_group::wanted(world, &wanted, caller)?;
    check_disks(world, caller, &disks)?;
    let change = Change { instances: 1, more: &flavor, less: None };
    world.compute.check_quota(&caller.project_id, &change)?;
    let server = Server {
        image_id,
        zone,
        host,
        networks,
        security_groups,
        disks,
        ..described(world, call, caller, &wanted, flavor)
    };
    let answer = accepted(world, &server, &wanted);
    insert(world, server);
    Ok(answer)
}

/// What needs no looking up.
fn described(
    world: &mut World,
    call: &Call,
    caller: &Caller,
    wanted: &Map<String, Value>,
    flavor: Arc<Flavor>,
) -> Server {
    let text = |name: &str| wanted.get(name).and_then(Value::as_str).map(str::to_owned);
    let of = |name: &str| wanted.get(name).cloned().unwrap_or_default();
    world.compute.made += 1;
    Server {
        id: uuid(),
        number: world.compute.made,
        name: text("name").unwrap_or_default(),
        description: text("description"),
        project_id: caller.project_id.clone(),
        user_id: caller.user_id.clone(),
        flavor,
        resized_from: None,
        image_id: None,
        vm_state: "building",
        task_state: Some("scheduling"),
        fault: None,
        zone: None,
        host: None,
        metadata: serde_json::from_value::<BTreeMap<_, _>>(of("metadata")).unwrap_or_default(),
        tags: serde_json::from_value(of("tags")).unwrap_or_default(),
        security_groups: Vec::new(),
        networks: Vec::new(),
        addresses: Vec::new(),
        disks: Vec::new(),
        epoch: 0,
        created: world.now,
        updated: world.now,
        launched: None,
        terminated: None,
        history: vec![Action::begun("create", call, caller, world.now)],
    }
}

fn accepted(world: &World, server: &Server, wanted: &Map<String, Value>) -> Answer {
    let id = &server.id;
    let mut groups: Vec<Value> = security_group::names(wanted).map(|name| json!({"name": name})).collect();
    if groups.is_empty() {
        groups.push(json!({"name": DEFAULT_GROUP}));
    }
    let password = &uuid()[..8];
    let body = json!({
        "id": id, "links": links(&world.base, "servers", id), "OS-DCF:diskConfig": "MANUAL",
        "security_groups": groups, "adminPass": password,
    });
    Answer::json(202, &json!({"server": body}))
        .with("location", &format!("{}/compute/v2.1/servers/{id}", world.base))
}

/// Existing volumes are reserved at once; the rest waits for the build.
fn insert(world: &mut World, server: Server) {
    let id = server.id.clone();
    for disk in &server.disks {
        if let Some(volume) = disk.volume_id() {
            world.reserve_volume(volume, &id, &disk.device);
        }
    }
    let third = world.timing.server_build_ms / 3;
    world.compute.servers.insert(id.clone(), server);
    world.later(third, Event::Server { id, epoch: 0, step: Step::Scheduled });
}

/// Zone and host: of `zone:host`, or of 2.74's properties. Only an admin names a host.
fn place(wanted: &Map<String, Value>, caller: &Caller) -> Result<(Option<String>, Option<String>), Refusal> {
    let text = |name: &str| wanted.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let asked = text("availability_zone").unwrap_or_default();
    let (zone, forced) = asked.split_once(':').map_or((asked, None), |(zone, host)| (zone, Some(host)));
    if forced.is_some() {
        require(caller.admin, "servers:create:forced_host")?;
    }
    let requested = text("host").or_else(|| text("hypervisor_hostname"));
    if requested.is_some() {
        require(caller.admin, "compute:servers:create:requested_destination")?;
    }
    let zone = (!zone.is_empty()).then(|| zone.to_owned());
    Ok((zone, forced.or(requested).map(str::to_owned)))
}

fn flavor(world: &World, wanted: &Map<String, Value>) -> Result<Arc<Flavor>, Refusal> {
    let wanted = &wanted["flavorRef"];
    let id = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
    // A link to a flavor names it too.
    let id = id.rsplit('/').next().unwrap_or_default();
    let missing = || Refusal::bad_request(format!("Flavor {id} could not be found."));
    flavor::find(world, id).ok_or_else(missing)
}

/// The image that it boots from, `None` where that is a volume.
fn image(
    world: &World,
    wanted: &Map<String, Value>,
    caller: &Caller,
    disks: &[Disk],
) -> Result<Option<String>, Refusal> {
    let id = wanted.get("imageRef").and_then(Value::as_str).filter(|id| !id.is_empty());
    match id {
        None if disks.is_empty() => Err(Refusal::bad_request("Missing imageRef attribute")),
        None => Ok(None),
        Some(id) => {
            let missing = || Refusal::bad_request("Can not find requested image");
            world.images.usable(id, &caller.project_id).ok_or_else(missing)?;
            Ok(Some(id.to_owned()))
        }
    }
}

fn networks(world: &World, wanted: &Map<String, Value>, caller: &Caller) -> Result<Vec<String>, Refusal> {
    let usable = || world.networks.usable(&caller.project_id);
    let ids = match wanted.get("networks") {
        Some(Value::String(word)) if word == "none" => return Ok(Vec::new()),
        Some(Value::Array(networks)) if !networks.is_empty() => {
            let ids = networks.iter().filter_map(|network| network.get("uuid").and_then(Value::as_str));
            ids.map(str::to_owned).collect()
        }
        Some(Value::String(_)) if usable().is_empty() => {
            let project = &caller.project_id;
            let message = format!("Unable to automatically allocate a network for project {project}");
            return Err(Refusal::bad_request(message));
        }
        _ if usable().len() > 1 => {
            return Err(Refusal::conflict(
                "Multiple possible networks found, use a Network ID to be more specific.",
            ));
        }
        _ => usable(),
    };
    for id in &ids {
        world.networks.check(id, &caller.project_id)?;
    }
    Ok(ids)
}

/// The block devices that are volumes, in the order of their boot index; those without one last.
fn disks(wanted: &Map<String, Value>) -> Result<Vec<Disk>, Refusal> {
    let mapping = wanted.get("block_device_mapping_v2").and_then(Value::as_array);
    let mut mapping: Vec<&Value> = mapping.into_iter().flatten().collect();
    let boots = |disk: &&Value| disk.get("boot_index").and_then(Value::as_i64).filter(|index| *index >= 0);
    mapping.sort_by_key(|disk| boots(disk).unwrap_or(i64::MAX));
    let volumes = mapping.into_iter().filter(|disk| disk["destination_type"] == "volume");
    let mut disks = Vec::new();
    for (letter, disk) in ('a'..='z').zip(volumes) {
        disks.push(Disk {
            source: source(disk)?,
            device: format!("/dev/sd{letter}"),
            delete_on_termination: disk
                .get("delete_on_termination")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            attachment_id: uuid(),
            bdm_id: uuid(),
        });
    }
    Ok(disks)
}

fn source(disk: &Value) -> Result<Source, Refusal> {
    let text = |name: &str| disk.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = text("uuid").unwrap_or_default();
    if disk["source_type"] != "image" {
        return Ok(Source::Volume(id));
    }
    let size = &disk["volume_size"];
    let size = size.as_i64().or_else(|| size.as_str().and_then(|text| text.parse().ok()));
    let size = size.ok_or_else(|| {
        Refusal::bad_request("Images with destination_type 'volume' need to have a non-zero size specified")
    })?;
    Ok(Source::Image { id, size, volume_type: text("volume_type") })
}

fn check_disks(world: &World, caller: &Caller, disks: &[Disk]) -> Result<(), Refusal> {
    let invalid = |what: String| Refusal::bad_request(format!("Block Device Mapping is Invalid: {what}."));
    for disk in disks {
        match &disk.source {
            Source::Volume(id) => {
                let volume = world.volumes.volumes.get(id).filter(|v| v.project_id == caller.project_id);
                volume
                    .filter(|volume| volume.status == "available")
                    .ok_or_else(|| invalid(format!("failed to get volume {id}")))?;
            }
            Source::Image { id, size, .. } => {
                let image = world.images.usable(id, &caller.project_id);
                let image = image.ok_or_else(|| invalid(format!("failed to get image {id}")))?;
                let needed = i64::try_from(image.min_disk).unwrap_or(i64::MAX / GIB);
                if *size < needed {
                    return Err(Refusal::bad_request(format!(
                        "Volume is smaller than the minimum size specified in image metadata. Volume size is {} \
                         bytes, minimum size is {} bytes.",
                        size * GIB,
                        needed * GIB
                    )));
                }
            }
        }
    }
    Ok(())
}

impl Server {
    /// Whether the host that it asks for is there.
    pub(super) fn can_be_placed(&self) -> bool {
        self.host.as_deref().is_none_or(|host| host == HOST)
    }
}
