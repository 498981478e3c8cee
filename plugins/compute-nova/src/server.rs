//! A server as the contract's instance: Nova's answer, the volumes' sizes, and what `lookup` adds.

use std::collections::BTreeMap;

use patchbay_sdk::compute::disks::{self, Disk};
use patchbay_sdk::compute::{DiskSpec, Flavor, Instance};
use patchbay_sdk::error::kind;
use patchbay_sdk::openstack::time::rfc3339;
use patchbay_sdk::{Context, Error, join_all, join4};
use serde::Deserialize;

use crate::lookup;
use crate::nova::{self, SERVERS};

/// How hypervisors name a server's first disk, from which it boots. Nova tells tenants nothing else.
const ROOT_DEVICES: [&str; 4] = ["/dev/vda", "/dev/sda", "/dev/xvda", "/dev/hda"];

#[derive(Deserialize)]
struct One<'a> {
    #[serde(borrow)]
    server: Server<'a>,
}

#[derive(Deserialize)]
struct Server<'a> {
    id: String,
    name: String,
    status: String,
    created: &'a str,
    updated: &'a str,
    flavor: EmbeddedFlavor,
    #[serde(borrow)]
    image: Option<Image<'a>>,
    #[serde(default, borrow)]
    addresses: BTreeMap<String, Vec<Address<'a>>>,
    #[serde(default)]
    security_groups: Vec<Group>,
    #[serde(rename = "OS-EXT-AZ:availability_zone", default)]
    availability_zone: Option<String>,
    #[serde(rename = "OS-EXT-SRV-ATTR:hypervisor_hostname", default)]
    hypervisor: Option<String>,
    #[serde(rename = "os-extended-volumes:volumes_attached", default)]
    volumes: Vec<Id>,
}

#[derive(Deserialize)]
struct EmbeddedFlavor {
    original_name: String,
    vcpus: u32,
    ram: u32,
    disk: u32,
}

/// The empty string for a server that boots from a volume.
#[derive(Deserialize)]
#[serde(untagged)]
enum Image<'a> {
    Image { id: String },
    Volume(#[allow(dead_code, reason = "tells the case apart")] &'a str),
}

#[derive(Deserialize)]
struct Address<'a> {
    addr: &'a str,
    #[serde(rename = "OS-EXT-IPS:type", default)]
    kind: Option<&'a str>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

/// The instance, read now.
pub(crate) async fn show(ctx: Context, id: &str) -> Result<Instance, Error> {
    let answer = SERVERS.get(&["servers", id]).show().await.map_err(|e| nova::absent(e, id))?;
    let One { mut server } = answer.json()?;
    let volumes = server.volumes.drain(..).map(|volume| volume.id).collect();
    let address = server.first_fixed_address();
    let region = ctx.region.clone();
    let (disks, flavor_id, network_id, hypervisor) = join4(
        sizes(ctx, volumes),
        lookup::flavor_id(&server.flavor.original_name),
        lookup::network_id(&server.id, address),
        hypervisor(&server),
    )
    .await;
    let (root, data) = split(disks?, &server.id);
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

impl Server<'_> {
    fn first_fixed_address(&self) -> &str {
        let mut addresses = self.addresses.values().flatten();
        addresses.find(|address| address.kind != Some("floating")).map_or("", |address| address.addr)
    }

    fn into_instance(
        self,
        flavor_id: String,
        root: Option<Disk>,
        data: Vec<Disk>,
        places: Places,
    ) -> Instance {
        let address = self.first_fixed_address().to_owned();
        let EmbeddedFlavor { original_name: name, vcpus, ram, disk } = self.flavor;
        Instance {
            address,
            flavor: Flavor { id: flavor_id, name, vcpus, ram, disk },
            region: places.region,
            image_id: places.image_id,
            network_id: places.network_id,
            hypervisor_hostname: places.hypervisor,
            system_disk: root.map(disk_spec),
            data_disks: data.into_iter().map(disk_spec).collect(),
            availability_zone: self.availability_zone.unwrap_or_default(),
            security_groups: self.security_groups.into_iter().map(|group| group.name).collect(),
            created_at: rfc3339(self.created),
            updated_at: rfc3339(self.updated),
            id: self.id,
            name: self.name,
            status: self.status,
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
fn split(disks: Vec<Disk>, server: &str) -> (Option<Disk>, Vec<Disk>) {
    let is_root = |disk: &Disk| {
        let attachment = disk.attachment.as_ref();
        attachment.is_some_and(|at| at.instance_id == server && ROOT_DEVICES.contains(&at.device.as_str()))
    };
    let (root, data): (Vec<Disk>, Vec<Disk>) = disks.into_iter().partition(is_root);
    (root.into_iter().next(), data)
}

async fn hypervisor(server: &Server<'_>) -> Result<String, Error> {
    match &server.hypervisor {
        Some(name) => Ok(name.clone()),
        None => lookup::hypervisor(&server.id).await,
    }
}

async fn image_id(server: &Server<'_>, root: Option<&Disk>) -> Result<String, Error> {
    match (&server.image, root) {
        (Some(Image::Image { id }), _) => Ok(id.clone()),
        (_, Some(root)) => lookup::image_id(&root.id).await,
        (_, None) => Ok(String::new()),
    }
}

fn disk_spec(disk: Disk) -> DiskSpec {
    DiskSpec { volume_type: disk.volume_type, size: disk.size }
}
