//! A server as the contract's instance: Nova's answer, the volumes' sizes, and what `lookup` adds.

use patchbay_sdk::compute::disks::{self, Disk};
use patchbay_sdk::compute::{DiskSpec, Flavor, Instance};
use patchbay_sdk::error::kind;
use patchbay_sdk::field::{Entries, Id, Items, Maybe, Number, Text, Time};
use patchbay_sdk::{Context, Error, join_all, join4};
use serde::Deserialize;

use crate::lookup;
use crate::nova::{self, SERVERS};

/// How hypervisors name a server's first disk, from which it boots. Nova tells tenants nothing else.
const ROOT_DEVICES: [&str; 4] = ["/dev/vda", "/dev/sda", "/dev/xvda", "/dev/hda"];

#[derive(Deserialize)]
struct One {
    server: Server,
}

#[derive(Deserialize)]
struct Server {
    id: Id,
    name: Text,
    status: Text,
    created: Time,
    updated: Time,
    flavor: Maybe<EmbeddedFlavor>,
    /// The empty text for a server that boots from a volume.
    image: Maybe<Named>,
    addresses: Entries<Items<Address>>,
    #[serde(default)]
    security_groups: Items<Group>,
    #[serde(rename = "OS-EXT-AZ:availability_zone")]
    availability_zone: Text,
    #[serde(rename = "OS-EXT-SRV-ATTR:hypervisor_hostname")]
    hypervisor: Text,
    #[serde(rename = "os-extended-volumes:volumes_attached", default)]
    volumes: Items<Named>,
}

#[derive(Default, Deserialize)]
struct EmbeddedFlavor {
    original_name: Text,
    vcpus: Number<u32>,
    ram: Number<u32>,
    disk: Number<u32>,
}

#[derive(Deserialize)]
struct Address {
    addr: Text,
    #[serde(rename = "OS-EXT-IPS:type")]
    kind: Text,
}

#[derive(Deserialize)]
struct Group {
    name: Text,
}

/// What is named by its id alone.
#[derive(Deserialize)]
struct Named {
    id: Id,
}

/// The instance, read now.
pub(crate) async fn show(ctx: Context, id: &str) -> Result<Instance, Error> {
    let answer = SERVERS.get(&["servers", id]).show().await.map_err(|e| nova::absent(e, id))?;
    let One { server } = answer.json()?;
    let volumes = server.volumes.iter().map(|volume| volume.id.to_string()).collect();
    let address = server.first_fixed_address();
    let region = ctx.region.clone();
    let (disks, flavor_id, network_id, hypervisor) = join4(
        sizes(ctx, volumes),
        lookup::flavor_id(server.flavor_name()),
        lookup::network_id(&server.id, address),
        hypervisor(&server),
    )
    .await;
    let (root, data) = split(disks?, &server).await?;
    let image_id = image_id(&server, root.as_ref()).await?;
    let places = Places { region, image_id, network_id: network_id?, hypervisor: hypervisor? };
    Ok(server.into_instance(flavor_id?, root, data, places))
}

/// What says where an instance is and what it was made of.
struct Places {
    region: String,
    image_id: String,
    network_id: String,
    hypervisor: String,
}

impl Server {
    fn flavor_name(&self) -> &str {
        self.flavor.as_ref().map_or("", |flavor| flavor.original_name.as_str())
    }

    fn first_fixed_address(&self) -> &str {
        let mut addresses = self.addresses.values().flat_map(|addresses| addresses.iter());
        addresses.find(|address| address.kind != "floating").map_or("", |address| address.addr.as_str())
    }

    fn into_instance(
        self,
        flavor_id: String,
        root: Option<Disk>,
        data: Vec<Disk>,
        places: Places,
    ) -> Instance {
        let address = self.first_fixed_address().to_owned();
        let EmbeddedFlavor { original_name, vcpus, ram, disk } = self.flavor.get().unwrap_or_default();
        Instance {
            address,
            flavor: Flavor {
                id: flavor_id,
                name: original_name.into(),
                vcpus: vcpus.or_zero(),
                ram: ram.or_zero(),
                disk: disk.or_zero(),
            },
            region: places.region,
            image_id: places.image_id,
            network_id: places.network_id,
            hypervisor_hostname: places.hypervisor,
            system_disk: root.map(disk_spec),
            data_disks: data.into_iter().map(disk_spec).collect(),
            availability_zone: self.availability_zone.into(),
            security_groups: self.security_groups.into_iter().map(|group| group.name.into()).collect(),
            created_at: self.created.into(),
            updated_at: self.updated.into(),
            id: self.id.into(),
            name: self.name.into(),
            status: self.status.into(),
        }
    }
}

/// The attached disks. One that went away since Nova listed it is left out.
async fn sizes(ctx: Context, ids: Vec<String>) -> Result<Vec<Disk>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    match disks::get(ctx.clone(), ids.clone()).await {
        Err(error) if error.is(kind::NOT_FOUND) => {}
        answer => return answer,
    }
    let each = join_all(ids.into_iter().map(|id| disks::get(ctx.clone(), vec![id]))).await;
    let there = each.into_iter().filter(|disk| !matches!(disk, Err(error) if error.is(kind::NOT_FOUND)));
    Ok(there.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().collect())
}

/// The disk from which the server boots, and the others.
async fn split(mut disks: Vec<Disk>, server: &Server) -> Result<(Option<Disk>, Vec<Disk>), Error> {
    let at = match by_device(&disks, &server.id) {
        None if server.image.as_ref().is_none() => by_order(&disks).await?,
        at => at,
    };
    let root = at.map(|at| disks.remove(at));
    Ok((root, disks))
}

fn by_device(disks: &[Disk], server: &str) -> Option<usize> {
    disks.iter().position(|disk| {
        let attachment = disk.attachment.as_ref();
        attachment.is_some_and(|at| at.instance_id == server && ROOT_DEVICES.contains(&at.device.as_str()))
    })
}

/// The first that a server can start from, of those whose device nobody knows: Nova lists the root first.
async fn by_order(disks: &[Disk]) -> Result<Option<usize>, Error> {
    for (at, disk) in disks.iter().enumerate() {
        let nameless = disk.attachment.as_ref().is_none_or(|at| at.device.is_empty());
        if nameless && lookup::is_bootable(&disk.id).await? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

async fn hypervisor(server: &Server) -> Result<String, Error> {
    match server.hypervisor.as_str() {
        "" => lookup::hypervisor(&server.id).await,
        name => Ok(name.to_owned()),
    }
}

async fn image_id(server: &Server, root: Option<&Disk>) -> Result<String, Error> {
    match (server.image.as_ref(), root) {
        (Some(image), _) => Ok(image.id.to_string()),
        (_, Some(root)) => lookup::image_id(&root.id).await,
        (_, None) => Ok(String::new()),
    }
}

fn disk_spec(disk: Disk) -> DiskSpec {
    DiskSpec { volume_type: disk.volume_type, size: disk.size }
}
